package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.junit.jupiter.api.Test;

/** What another copy does while a copy starts, between two of its calls. */
final class StartsTogetherTest {

  private final FaultyInstance first = new FaultyInstance();
  private boolean happened;

  /** Lets something happen before the first call of that client. */
  private FaultyClients.Faults before(String client, String method, Runnable event) {
    return call -> {
      if (!happened && call.client().equals(client) && call.method().equals(method)) {
        happened = true;
        event.run();
      }
      return null;
    };
  }

  private static Job windows() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .count()
        .name("per-minute")
        .map(result -> result.key() + " " + result.value())
        .to(KafkaSink.strings("out"));
    return job;
  }

  /** To go on would make a second result for windows that were emitted. */
  @Test
  void aJobThatFinishesMeanwhileIsNotRunOnUnchecked() {
    first.configure("until.end", "true");
    first.send(10);
    FaultyInstance second = first.beside();
    second.clients.inject(
        before(
            "producer",
            "initTransactions",
            () -> {
              first.start(windows());
              first.settle();
              assertThat(first.instance.isFinished()).isTrue();
              first.kill();
              first.send(10);
            }));
    assertThatThrownBy(() -> second.start(windows()))
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("'per-minute' has emitted its windows");
    assertThat(manifest().runNumber()).isZero();
  }

  @Test
  void aProgramThatDoesNotFitChangesNothingOfAnother() {
    FaultyInstance second = first.beside();
    second.configure("until.end", "true");
    second.clients.inject(
        before(
            "producer",
            "initTransactions",
            () -> {
              first.start();
              first.settle();
            }));
    assertThatThrownBy(() -> second.start(windows())).isInstanceOf(IncompatibleJobException.class);
    assertThat(manifest().bounded()).isFalse();
  }

  /** What is written by the same schemas, so that only the manifest shows the difference. */
  private static Job withACopyOfItsInput() {
    Job job = FaultyInstance.job();
    job.source(KafkaSource.strings("in")).name("copied").to(KafkaSink.strings("copies"));
    return job;
  }

  @Test
  void aJobThatGrowsMeanwhileIsNotRunByTheVersionBefore() {
    first.kafka.createTopic("copies", 1);
    first.send(10);
    first.start();
    first.settle();
    first.kill();
    FaultyInstance second = first.beside();
    boolean[] asked = {false};
    second.clients.inject(
        call -> {
          // The first is about brokers. The next is about sinks, when the manifest has been read.
          if (!happened && call.method().equals("describeConfigs")) {
            happened = asked[0];
            asked[0] = true;
            if (happened) {
              first.start(withACopyOfItsInput());
            }
          }
          return null;
        });
    assertThatThrownBy(second::start)
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("other stages or stores");
    assertThat(manifest().stages()).containsKey("copied");
  }

  private Manifest manifest() {
    try (MetaTopic meta =
        new MetaTopic(first.kafka.connect(JobConfig.defaults()), "job.meta", "test")) {
      meta.refresh();
      return meta.manifest().orElseThrow();
    }
  }

  @Test
  void aTopicThatGrowsMeanwhileIsLookedUpAgain() {
    first.send(10);
    first.start();
    first.settle();
    FaultyInstance second = first.beside();
    second.clients.inject(
        before(
            "reader",
            "endOffsets",
            () -> {
              first.kafka.grow("in", 4);
              first.settle(); // It agrees on the new partitions.
            }));
    second.start();
    assertThat(happened).isTrue();
    assertThat(second.instance.workersByStage()).containsKeys("in", "counts");
  }

  @Test
  void aBrokerThatDoesNotKnowNewPartitionsYetIsWaitedFor() {
    first.send(10);
    first.start();
    first.settle();
    DescribeTopicsResult old =
        first.kafka.connect(JobConfig.defaults()).admin().describeTopics(List.of("in"));
    first.kafka.grow("in", 4);
    first.settle();
    FaultyInstance second = first.beside();
    int[] answers = {0};
    second.clients.inject(
        FaultyClients.Faults.byArguments(
            (call, arguments) -> {
              boolean asked =
                  call.method().equals("describeTopics")
                      && arguments[0] instanceof Collection<?> names
                      && new TreeSet<>(names).equals(new TreeSet<>(List.of("in")));
              return asked && answers[0]++ < 4 ? old : null;
            }));
    second.start();
    assertThat(answers[0]).isGreaterThan(4);
  }

  /** A broker that goes away in between would keep the start from reporting it, for ever. */
  @Test
  void noProducerOfAStartIsClosedWithoutALimit() {
    List<String> closed = new ArrayList<>();
    first.clients.inject(
        FaultyClients.Faults.byArguments(
            (call, arguments) -> {
              if (call.client().equals("producer") && call.method().equals("close")) {
                closed.add(arguments == null ? "without a limit" : "with one");
              }
              return null;
            }));
    first.start();
    assertThat(closed).hasSizeGreaterThan(2).containsOnly("with one");
  }
}
