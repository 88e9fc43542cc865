package dev.millrace.internal.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.time.TimeDomain;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Records of a shuffle topic that nobody of ours wrote. */
final class FrameEntryTest {

  record Item(String name, long count, List<String> tags, Map<String, Double> scores) {}

  private static final byte[] NO_KEY = {};
  private static final int TRIES = 30_000;
  private static final int[] KINDS = {
    FrameFormat.RECORD, FrameFormat.PARTIAL, FrameFormat.RETRACTION
  };

  @Test
  void whateverTheBytesAreTheyAreReadOrReportedAsMalformed() {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    ValueCodec<Object> codec = codec();
    byte[] frame = frame(codec, random);
    int read = 0;
    int malformed = 0;
    for (int i = 0; i < TRIES; i++) {
      byte[] bytes = mutated(frame, random);
      try {
        readAll(codec, bytes);
        read++;
      } catch (MalformedBytesException | IncompatibleJobException e) {
        assertThat(e.getMessage()).isNotBlank();
        malformed++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + ", try " + i + ": " + Arrays.toString(bytes), e);
      }
    }
    assertThat(malformed).isGreaterThan(TRIES / 10);
    assertThat(read).isPositive();
  }

  record Former(long count) {}

  record Value(long count, long more) {}

  record Partial(long count, boolean whole) {}

  /** As with a reduce that a later version replaces by an aggregate of another type. */
  @Test
  void recordsAndPartialsThatHadOneTypeMayHaveTwoByNow() {
    SchemaBook schemas = new InMemorySchemaBook();
    ValueCodec<Object> former = codec(Former.class, schemas);
    FrameWriter writer = new FrameWriter(former.schemaId(), former.schemaId(), 3);
    former.encode(new Former(1), writer.beginEntry(NO_KEY, 0, 0, 0, FrameFormat.RECORD));
    writer.endEntry();
    ByteWriter body = writer.beginEntry(NO_KEY, 0, 0, 0, FrameFormat.PARTIAL);
    new PartialHead().of(2, 0).write(body);
    former.encode(new Former(2), body);
    writer.endEntry();
    byte[] frame = writer.finish(FrameFormat.LAST_OF_TRANSACTION, List.of());
    FrameEntry entry =
        new FrameEntry(
            new StageSetup.Input(
                input(),
                new UUID(1, 2),
                3,
                codec(Value.class, schemas),
                codec(Partial.class, schemas),
                Map.of()));
    FrameReader ignored = entry.open(new ConsumerRecord<>("shuffle", 0, 7, NO_KEY, frame));
    List<Object> read = new ArrayList<>();
    while (entry.next()) {
      read.add(entry.value());
    }
    assertThat(read).containsExactly(new Value(1, 0), new Partial(2, false));
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  private static ValueCodec<Object> codec(Class<?> type, SchemaBook schemas) {
    return (ValueCodec<Object>) ValueCodecs.forType(type, schemas);
  }

  private static void readAll(ValueCodec<Object> codec, byte[] bytes) {
    FrameEntry entry =
        new FrameEntry(new StageSetup.Input(input(), new UUID(1, 2), 3, codec, codec, Map.of()));
    FrameReader reader = entry.open(new ConsumerRecord<>("shuffle", 0, 7, new byte[0], bytes));
    while (entry.next()) {
      assertThat(entry.value()).isInstanceOf(Item.class);
      assertThat(entry.keyLength()).isBetween(0, bytes.length);
      assertThat(entry.isPartial() && entry.isRetraction()).isFalse();
      if (!entry.isPartial()) {
        assertThat(entry.weight()).isEqualTo(entry.isRetraction() ? -1 : 1);
      }
    }
    while (reader.nextUpdate()) {
      assertThat(reader.updateChannel()).isNotNegative();
    }
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  private static ValueCodec<Object> codec() {
    return (ValueCodec<Object>) ValueCodecs.forType(Item.class, new InMemorySchemaBook());
  }

  private static StageInput input() {
    return new StageInput.Shuffled(
        new ShuffleEdge(
            "shuffle",
            "from",
            "to",
            Optional.empty(),
            Void.class,
            Item.class,
            TimeDomain.EVENT,
            Optional.empty(),
            ShuffleEdge.Granularity.NONE,
            ErrorPolicy.fail()),
        List.of());
  }

  private static byte[] frame(ValueCodec<Object> codec, Random random) {
    FrameWriter writer = new FrameWriter(codec.schemaId(), codec.schemaId(), 3);
    for (int i = 0; i < 6; i++) {
      byte[] key = ("key" + i).getBytes(StandardCharsets.UTF_8);
      int kind = KINDS[i % KINDS.length];
      Item item = new Item("item" + i, i, List.of("a", "b" + i), Map.of("x", random.nextDouble()));
      ByteWriter body = writer.beginEntry(key, 0, key.length, 1_000 + i, kind);
      if (kind == FrameFormat.PARTIAL) {
        new PartialHead().of(3 - i, 10).write(body);
      }
      codec.encode(item, body);
      writer.endEntry();
    }
    return writer.finish(
        FrameFormat.LAST_OF_TRANSACTION,
        List.of(new ChannelUpdate(1, ChannelStatus.ACTIVE, 5, 900, 1_000)));
  }

  /** Flips, cuts, repeats, replaces; now and then nothing of the original is left. */
  private static byte[] mutated(byte[] frame, Random random) {
    byte[] bytes = frame.clone();
    switch (random.nextInt(5)) {
      case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> {
        bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
      }
      case 2 -> {
        int from = random.nextInt(bytes.length);
        byte[] noise = new byte[bytes.length - from];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, bytes, from, noise.length);
      }
      case 3 -> {
        int at = random.nextInt(bytes.length);
        for (int i = at; i < Math.min(bytes.length, at + 5); i++) {
          bytes[i] = (byte) (i == at + 4 ? 0x07 : 0xFF);
        }
      }
      default -> {
        for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return bytes;
  }
}
