package dev.millrace;

import dev.millrace.connector.Source;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.SplitSourceSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.util.Arguments;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A named program over streams. Building it only writes down what is to happen; nothing runs, and
 * no topic is made, until {@link Millrace#start}.
 *
 * <p><b>Threads.</b> Confined to the thread that builds it.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * Job job = Job.named("wordcount");
 * job.source(KafkaSource.json("words", Word.class))
 *     .keyBy(Word::word)
 *     .window(Windows.tumbling(Duration.ofMinutes(5)))
 *     .reduce(Word::plus)
 *     .to(ConsoleSink.lines());
 * }</pre>
 */
public final class Job {

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  static {
    PlanAccess.grant(job -> ((Job) job).plan());
  }

  private final PlanBuilder plan;

  private Job(PlanBuilder plan) {
    this.plan = plan;
  }

  /**
   * {@return a new, empty job}
   *
   * @param name identifies the job in its Kafka cluster: its topics, groups and transactions start
   *     with it; {@code [a-z0-9][a-z0-9-]{0,62}}
   */
  public static Job named(String name) {
    return new Job(new PlanBuilder(checkName("job", name)));
  }

  /** {@return the job's name} */
  public String name() {
    return plan.job();
  }

  /** {@return the stream of a source's records} */
  public <T> DataStream<T> source(Source<T> source) {
    Arguments.given("Cannot read a source", "source", source);
    SourceSpec spec = SplitSourceSpec.of(source);
    int id = plan.add(new Operation.Read(spec), List.of(), Optional.of(spec.type()));
    return new DataStream<>(plan, id);
  }

  LogicalPlan plan() {
    return plan.build();
  }

  static String checkName(String what, String name) {
    Arguments.given("Cannot name a " + what, "name", name);
    if (!NAME.matcher(name).matches()) {
      throw new ConfigurationException(
          "Cannot name a "
              + what
              + " '"
              + name
              + "': names are 1 to 63 characters of a-z, 0-9 and '-', and do not start with '-'");
    }
    return name;
  }
}
