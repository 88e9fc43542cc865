package dev.millrace.faults;

import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.faults.Fixture.Word;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stage that cannot keep up holds its sources, and what it has read is deleted behind it. */
@WithBroker
final class BackpressureTest {

  private static final Duration SOURCE = Duration.ofNanos(300_000);
  private static final Duration SLOW = Duration.ofNanos(900_000);

  @TempDir Path stateDir;

  @Test
  void aSlowStageHoldsItsSources(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(8_000, 1);
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .name("fast")
        .peek(w -> LockSupport.parkNanos(SOURCE.toNanos()))
        .rebalance()
        .parallelism(1)
        .name("slow")
        .peek(w -> LockSupport.parkNanos(SLOW.toNanos()))
        .to(KafkaSink.json(fixture.copies));
    long most = 0;
    int held = 0;
    try (RunningJob running =
        Millrace.start(
            job,
            fixture
                .config()
                .with("shuffle.frame.size", "1KB")
                .with("backpressure.max.lag.records", "10"))) {
      long before = -1;
      while (in(running, "slow") < 8_000) {
        assertHealthy(running);
        long read = in(running, "fast");
        most = Math.max(most, read - in(running, "slow"));
        held += read == before && read < 8_000 ? 1 : 0;
        before = read;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
      await("the copies", () -> fixture.copiedIds().size() >= 8_000);
    }
    System.out.printf(
        "FAULTS backpressure: at most %d records between the stages, the source held in %d of the"
            + " looks%n",
        most, held);
    assertThat(fixture.copiedIds()).doesNotHaveDuplicates().hasSize(8_000);
    // Unhindered it would be two thirds of all records.
    assertThat(most).isLessThan(4_000);
    assertThat(held).isGreaterThan(10);
  }

  private static long in(RunningJob running, String stage) {
    return running.metrics().stage(stage).recordsIn();
  }

  @Test
  @Tag("slow")
  void whatIsCommittedIsDeletedAndNothingElse(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(1_000, 1);
    String group = fixture.name + ".sums";
    try (RunningJob running = fixture.start()) {
      long begin = System.nanoTime();
      long deleted = 0;
      int seed = 2;
      while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(75)) {
        fixture.produce(200, seed++);
        assertHealthy(running);
        deleted = 0;
        for (int partition = 0; partition < 4; partition++) {
          TopicPartition shuffle = new TopicPartition(group + ".shuffle", partition);
          // First the beginning, then the committed offset, which only grows.
          long beginning = beginning(broker.admin(), shuffle);
          OffsetAndMetadata committed =
              broker
                  .admin()
                  .listConsumerGroupOffsets(group)
                  .partitionsToOffsetAndMetadata()
                  .get(10, TimeUnit.SECONDS)
                  .get(shuffle);
          if (committed != null) {
            assertThat(beginning).isLessThanOrEqualTo(committed.offset());
          }
          deleted += beginning;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
      }
      assertThat(deleted).isPositive();
      fixture.awaitExact(running);
    }
  }

  private static long beginning(Admin admin, TopicPartition partition) throws Exception {
    return admin
        .listOffsets(Map.of(partition, OffsetSpec.earliest()))
        .partitionResult(partition)
        .get(10, TimeUnit.SECONDS)
        .offset();
  }
}
