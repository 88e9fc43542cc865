package dev.millrace.testkit;

import static dev.millrace.testkit.StandingRows.job;
import static dev.millrace.testkit.StandingRows.lookUp;
import static dev.millrace.testkit.StandingRows.rows;
import static dev.millrace.testkit.StandingRows.stream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.serde.TypeRef;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rows of a table that stand there when a version of a job brings it, or takes over. */
final class StandingRowsDeploymentTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  @Test
  void aLookupThatIsAddedWaitsForATableThatIsNewWithIt() {
    SimClock clock = new SimClock(START);
    TestCluster cluster = new TestCluster(clock);
    List.of("stream", "rows", "out", "copy").forEach(topic -> cluster.createIfMissing(topic, 1));
    TestTopic<String> rows = new TestTopic<>(cluster, "rows", new Format.Utf8<>());
    TestTopic<String> stream = new TestTopic<>(cluster, "stream", new Format.Utf8<>());
    Job first = Job.named("standing");
    stream(first).to(KafkaSink.strings("copy"));
    Driver before = driver(first, cluster, clock, "");
    before.start();
    stream.send("a");
    before.run();
    before.stop(0);
    for (int i = 0; i <= 20; i++) {
      rows.send(TestRecord.of("a" + i).key("a"));
    }
    Job second = Job.named("standing");
    DataStream<String> both = stream(second);
    both.to(KafkaSink.strings("copy"));
    lookUp(both, rows(second));
    Driver waiting = driver(second, cluster, clock, "stream,joined");
    waiting.start();
    stream.send("a");
    waiting.run();
    assertThat(new Outputs(cluster).values("out", TypeRef.of(String.class))).isEmpty();
    waiting.stop(0);
    Driver after = driver(second, cluster, clock, "");
    after.start();
    after.run();
    assertThat(new Outputs(cluster).values("out", TypeRef.of(String.class)))
        .containsExactly("a+a20");
    after.killAll();
  }

  @Test
  void aVersionThatTakesOverAmidTheLoadingGoesOnWaiting() {
    SimClock clock = new SimClock(START);
    TestCluster cluster = new TestCluster(clock);
    List.of("stream", "rows", "out", "copy").forEach(topic -> cluster.createIfMissing(topic, 1));
    new TestTopic<String>(cluster, "rows", new Format.Utf8<>()).send(TestRecord.of("a1").key("a"));
    new TestTopic<String>(cluster, "stream", new Format.Utf8<>()).send("a");
    Driver before = driver(job(), cluster, clock, "stream,joined");
    before.start();
    before.run();
    before.stop(0);
    Job second = Job.named("standing");
    DataStream<String> both = stream(second);
    both.rebalance().name("copied").to(KafkaSink.strings("copy"));
    lookUp(both, rows(second));
    Driver after = driver(second, cluster, clock, "");
    after.start();
    after.run();
    assertThat(cluster.manifest("standing.meta").orElseThrow().changes()).isOne();
    assertThat(cluster.manifest("standing.meta").orElseThrow().stages().get("rows").standing())
        .containsExactly(1L);
    assertThat(new Outputs(cluster).values("out", TypeRef.of(String.class)))
        .containsExactly("a+a1");
    after.killAll();
  }

  private static Driver driver(Job job, TestCluster cluster, SimClock clock, String stages) {
    JobConfig config =
        JobTest.builder(job).set("max.poll.records", "1").config().with("stages", stages);
    return Drivers.of(job, config, cluster, clock);
  }
}
