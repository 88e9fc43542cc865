package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.frame.ChannelVector;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.meta.StoreIds;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Rows of a changelog are shown with the names of their stores. */
final class ChangelogViewTest {

  private static final StoreIds IDS =
      new StoreIds(
          new TreeMap<>(Map.of("sums", 2, "counts", 300)), new TreeMap<>(Map.of(1, "old")));

  private static Object storeOf(int id) {
    ByteWriter key = new ByteWriter();
    key.writeVarint(id);
    key.writeBytes("k".getBytes(StandardCharsets.UTF_8));
    RecordView.Seen seen =
        RecordView.ofChangelog(new InMemorySchemaBook(), IDS.names())
            .see(key.toByteArray(), "v".getBytes(StandardCharsets.UTF_8));
    assertThat(seen.key()).asInstanceOf(InstanceOfAssertFactories.MAP).containsEntry("key", "k");
    return ((Map<?, ?>) seen.key()).get("store");
  }

  @Test
  void aStoreIsNamedByItsNumber() {
    assertThat(storeOf(2)).isEqualTo("sums");
    assertThat(storeOf(300)).isEqualTo("counts");
    assertThat(storeOf(1)).as("one that is gone").isEqualTo("old");
    assertThat(storeOf(3)).as("one of a later program").isEqualTo(3);
  }

  @Test
  void anInputThatIsAheadOfItsTaskShowsItsOwnTime() {
    CommitFrame frame =
        new CommitFrame(
            CommitFrame.FORMAT,
            new UUID(1, 2),
            0,
            "joined",
            0,
            1,
            1,
            "worker",
            List.of(),
            List.of(
                new ChannelVector(0, 1_000, 0, List.of()),
                new ChannelVector(1, 1_000, 0, List.of()).withOwn(2_000, 0)),
            1_000,
            0,
            ChannelStatus.ACTIVE,
            new byte[0],
            List.of());
    RecordView.Seen seen =
        RecordView.ofChangelog(new InMemorySchemaBook(), IDS.names())
            .see(new byte[] {0, 'f', 'r', 'a', 'm', 'e'}, frame.encode());
    assertThat(String.valueOf(seen.value()))
        .containsOnlyOnce("ownEventTime=2000")
        .doesNotContain("ownProcessingTime");
  }
}
