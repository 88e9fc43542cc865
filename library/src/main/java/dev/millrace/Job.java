package dev.millrace;

import dev.millrace.connector.KafkaTable;
import dev.millrace.connector.Source;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.SplitSourceSpec;
import dev.millrace.internal.spec.KafkaTableSpec;
import dev.millrace.internal.spec.SerdeSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serde;

/**
 * A named program over streams. Building it only describes what is to happen; nothing runs, and no
 * topic is created, before {@link Millrace#start}.
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

  /**
   * {@return the table of a topic's records: the newest value of each key is its row}
   *
   * <pre>{@code
   * Table<String, Profile> profiles =
   *     job.table(KafkaTable.json("profiles", String.class, Profile.class));
   * }</pre>
   *
   * @throws TypeInferenceException if its keys cannot be compared as bytes
   */
  public <K, V> Table<K, V> table(KafkaTable<K, V> topic) {
    Arguments.given("Cannot read a table", "topic", topic);
    KafkaTableSpec spec = Specs.of(topic, KafkaTableSpec.class);
    StepChecks.checkKey("the table of " + spec.source().origin(), spec.keyType());
    Type changes = NodeTypes.ofChanges(spec.keyType(), spec.source().type());
    return new Table<>(
        plan, plan.add(new Operation.ReadTable(spec), List.of(), Optional.of(changes)));
  }

  /**
   * Names the Kafka serde that state and shuffles use for the values of a class. Records need none,
   * nor do classes that JSON reads back as they were: it is for all others, such as those that Avro
   * generates, and for programs that prefer another form.
   *
   * <p>It holds for the whole job, and for values of exactly this type: as values of their own, in
   * collections and as components of records, but not inside of objects that are kept as JSON. Keys
   * cannot have serdes, since equal keys need equal bytes. Sources and sinks do not use it: they
   * have formats of their own.
   *
   * <p>The serde is given {@code <name of the job>.<name of the class>} as the topic, and no
   * headers. Its deserializer has to return a new object at each call. A value that cannot be
   * serialized goes to the error policy of the step it is for; where that is a result for many
   * records, as the row of an aggregate, the job stops, as it does when the deserializer fails. A
   * job whose state was written without the serde does not start with it, nor the other way round.
   *
   * <pre>{@code
   * job.serde(Order.class, () -> new OrderSerde());
   * }</pre>
   *
   * @param serdes makes a new serde at each call, configured. It is called for each thread of the
   *     job that needs the type; only that thread uses the serde, and closes it. It is also called
   *     when the job is built and started, to check that each call makes a new one, and of which
   *     class the serializer is; these are closed at once
   * @return this job
   * @throws ConfigurationException if the type is a number, a text, a time or a collection, or has
   *     a serde already
   */
  public <T> Job serde(Class<T> type, Supplier<? extends Serde<T>> serdes) {
    return serde(TypeRef.of(Arguments.given("Cannot name a serde", "type", type)), serdes);
  }

  /** Names a serde as {@link #serde(Class, Supplier)} does, for values of a generic type. */
  public <T> Job serde(TypeRef<T> type, Supplier<? extends Serde<T>> serdes) {
    Arguments.given("Cannot name a serde", "type", type);
    Arguments.given("Cannot name a serde for " + type, "supplier", serdes);
    SerdeTypes.check(type.type());
    if (!plan.addSerde(new SerdeSpec(type.type(), serdes))) {
      throw new ConfigurationException(
          "Cannot name a serde for "
              + type
              + ": job '"
              + name()
              + "' has one for it. Name one for each type");
    }
    return this;
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
