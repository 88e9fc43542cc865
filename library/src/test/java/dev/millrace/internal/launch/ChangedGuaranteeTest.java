package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.sim.SimDeath;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What at-least-once leaves in the group and in the state, and who goes on from there. */
final class ChangedGuaranteeTest {

  private static final String GROUP = "job.counts";

  private final FaultyInstance rig = new FaultyInstance();

  ChangedGuaranteeTest() {
    rig.configure("guarantee", "at-least-once");
    rig.send(100);
    rig.start();
    rig.settle();
  }

  /** Its frames are there then, and the offsets that go with them are not. */
  private void dieBeforeOffsetsAreCommitted() {
    rig.send(100);
    rig.clients.inject(
        FaultyClients.Faults.byArguments(
            (call, arguments) -> {
              if (call.equals(new Call("stage", "commitSync"))
                  && arguments[0].toString().contains("shuffle")) {
                throw new SimDeath("before offsets are committed");
              }
              return null;
            }));
    assertThatThrownBy(rig::settle).isInstanceOf(SimDeath.class);
    rig.kill();
  }

  @Test
  void exactlyOnceGoesOnFromWhatAtLeastOnceHasProcessed() {
    dieBeforeOffsetsAreCommitted();
    rig.configure("guarantee", "exactly-once");
    rig.start();
    rig.send(100);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  @Test
  void offsetsThatSomebodyMovedBackAreNotIgnored() throws Exception {
    rig.instance.stop();
    rig.connect();
    try (Admin admin = rig.clients.simulated().admin()) {
      Map<TopicPartition, OffsetAndMetadata> moved = new HashMap<>();
      admin
          .listConsumerGroupOffsets(GROUP)
          .partitionsToOffsetAndMetadata()
          .get()
          .forEach((partition, offset) -> moved.put(partition, new OffsetAndMetadata(0)));
      admin.alterConsumerGroupOffsets(GROUP, moved).all().get();
    }
    rig.start();
    assertThatThrownBy(rig::settle)
        .isInstanceOf(OffsetsDivergedException.class)
        .hasMessageContaining("put them back");
  }
}
