package dev.millrace.faults;

import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static dev.millrace.faults.Fixture.total;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.RecordException;
import dev.millrace.metrics.StageCounters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody writes bytes where they do not belong. */
@WithBroker
final class ForeignBytesTest {

  /** What is written into the topic between two stages, made from a true frame of it. */
  enum Intruder {
    TOMBSTONE {
      @Override
      byte @Nullable [] bytes(byte[] frame, Random random) {
        return null;
      }
    },
    NOTHING {
      @Override
      byte[] bytes(byte[] frame, Random random) {
        return new byte[0];
      }
    },
    NOISE {
      @Override
      byte[] bytes(byte[] frame, Random random) {
        byte[] noise = new byte[1 + random.nextInt(2_000)];
        random.nextBytes(noise);
        return noise;
      }
    },
    NOISE_BEHIND_A_HEAD {
      @Override
      byte[] bytes(byte[] frame, Random random) {
        byte[] noise = new byte[500];
        random.nextBytes(noise);
        System.arraycopy(frame, 0, noise, 0, 3);
        return noise;
      }
    },
    CUT_OFF {
      @Override
      byte[] bytes(byte[] frame, Random random) {
        return Arrays.copyOf(frame, 4 + random.nextInt(frame.length - 4));
      }
    },
    HUGE_LENGTHS {
      @Override
      byte[] bytes(byte[] frame, Random random) {
        byte[] huge = frame.clone();
        for (int i = 11; i < huge.length; i++) {
          huge[i] = (byte) (i % 5 == 4 ? 0x07 : 0xFF);
        }
        return huge;
      }
    },
    A_TEXT {
      @Override
      byte[] bytes(byte[] frame, Random random) {
        return Fixture.bytes("{\"word\":\"w1\",\"count\":1,\"id\":0}");
      }
    };

    abstract byte @Nullable [] bytes(byte[] frame, Random random);
  }

  @TempDir Path stateDir;

  @ParameterizedTest
  @EnumSource(names = {"TOMBSTONE", "NOISE_BEHIND_A_HEAD", "CUT_OFF", "HUGE_LENGTHS"})
  void foreignBytesBetweenStagesStopTheJobNamingThem(Intruder intruder, TestBroker broker)
      throws Exception {
    intrude(intruder, broker);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOTHING", "NOISE", "A_TEXT"})
  @Tag("slow")
  void moreForeignBytesDoToo(Intruder intruder, TestBroker broker) throws Exception {
    intrude(intruder, broker);
  }

  private void intrude(Intruder intruder, TestBroker broker) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(200, seed);
    String shuffle = fixture.name + ".sums.shuffle";
    // Not even a policy that skips may pass over records of our own.
    try (RunningJob running =
        Millrace.start(fixture.job(), fixture.config().with("errors.policy", "skip"))) {
      fixture.awaitExact(running);
      byte[] frame =
          broker.consumeAll(shuffle).stream()
              .map(ConsumerRecord::value)
              .filter(bytes -> bytes.length > 40)
              .findFirst()
              .orElseThrow();
      long offset = end(broker, shuffle);
      broker.produce(
          shuffle, List.of(new ProducerRecord<>(shuffle, 0, null, intruder.bytes(frame, random))));
      assertThat(awaitFailure(running))
          .as("seed %s", seed)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("topic " + shuffle)
          .hasMessageContaining("partition 0")
          .hasMessageContaining("offset " + offset)
          .hasMessageContaining("reset");
    }
  }

  private static long end(TestBroker broker, String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    return broker
        .admin()
        .listOffsets(
            java.util.Map.of(partition, org.apache.kafka.clients.admin.OffsetSpec.latest()))
        .partitionResult(partition)
        .get(10, TimeUnit.SECONDS)
        .offset();
  }

  @Test
  void noiseInASourceIsSkippedAndCounted(TestBroker broker) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Fixture fixture = new Fixture(broker, stateDir, 2);
    List<ProducerRecord<byte[], byte[]>> noise = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      noise.add(fixture.record(i % 2, bytes));
    }
    fixture.produce(200, seed);
    broker.produce(fixture.in, noise);
    fixture.produce(200, seed + 1);
    try (RunningJob running =
        Millrace.start(fixture.job(), fixture.config().with("errors.policy", "skip"))) {
      fixture.awaitExact(running);
      await("the skips", () -> total(running, StageCounters::skippedRecords) == 2_000);
      assertHealthy(running);
    }
  }
}
