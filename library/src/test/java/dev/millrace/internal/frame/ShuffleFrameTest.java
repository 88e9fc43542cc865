package dev.millrace.internal.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Frames of shuffles, byte by byte: what is written, what is read of it, and what either refuses.
 * The golden frames are those that are truncated and damaged.
 */
final class ShuffleFrameTest {

  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final long END = Long.MAX_VALUE;

  // Golden bytes: never edited once released.

  private static final String EMPTY =
      """
      4D 01 00          magic, version, flags
      00000000          schema of records
      00000000          schema of partials
      01                1 channel
      00                0 updates
      00                base time 0
      00                0 entries
      """;

  private static final String ENTRIES =
      """
      4D 01 00          magic, version, flags
      11223344          schema of records
      FFFFFFFE          schema of partials
      04                4 channels
      00                0 updates
      D00F              base time 1000
      03                3 entries
      01 61             key "a"
      00                time 1000 = base
      00                record
      02 7631           value "v1"
      02 6262           key "bb"
      13                time 990 = base - 10
      01                retraction
      00                empty value
      00                empty key
      8827              time 3500 = base + 2500
      02                partial
      04                4 bytes
      03 AC02           of -2 records, 300 ms apart
      FF                accumulator FF
      """;

  private static final String UPDATES =
      """
      4D 01 01          magic, version, last frame of the transaction
      00000001          schema of records
      00000002          schema of partials
      AC02              300 channels
      04                4 updates
      00 00             channel 0 ACTIVE
      05                owner epoch 5
      03                both watermarks
      D00F              event time 1000
      D10F              processing time -1001
      AB02 01           channel 299 IDLE
      00                owner epoch 0
      01                event time only
      00                event time 0
      07 02             channel 7 FINISHED
      AC02              owner epoch 300
      01                event time only
      FEFFFFFFFFFFFFFFFF01   end of time
      08 00             channel 8 ACTIVE
      01                owner epoch 1
      00                no watermark
      00                base time 0
      00                0 entries
      """;

  private static final String ONE_OF_SEVERAL =
      """
      4D 01 02          magic, version, one of several
      00000000          schema of records
      00000000          schema of partials
      CAFE0102          number of the sender
      01                1 channel
      00                0 updates
      D00F              base time 1000
      01                1 entry
      01 61             key "a"
      00                time 1000 = base
      00                record
      00                empty value
      """;

  private static final String LAST_OF_SEVERAL =
      """
      4D 01 03          magic, version, the last of several
      00000000          schema of records
      00000000          schema of partials
      CAFE0102          number of the sender
      01                1 channel
      00                0 updates
      00                base time 0
      00                0 entries
      """;

  @Test
  void framesOfOneTransactionNameTheirSender() {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    add(writer, "a", 1000, FrameFormat.RECORD, new byte[0]);
    byte[] first = writer.finishOneOfSeveral(0, List.of(), 0xCAFE0102);
    assertThat(first).isEqualTo(hex(ONE_OF_SEVERAL));
    byte[] last = writer.finishOneOfSeveral(FrameFormat.LAST_OF_TRANSACTION, List.of(), 0xCAFE0102);
    assertThat(last).isEqualTo(hex(LAST_OF_SEVERAL));

    FrameReader reader = new FrameReader().reset(first, 0, first.length);
    assertThat(reader.isOneOfSeveral()).isTrue();
    assertThat(reader.isLastOfTransaction()).isFalse();
    assertThat(reader.sender()).isEqualTo(0xCAFE0102);
    assertThat(readEntries(reader)).containsExactly(new Entry("61", 1000, 0, ""));
    reader.reset(last, 0, last.length);
    assertThat(reader.isOneOfSeveral()).isTrue();
    assertThat(reader.isLastOfTransaction()).isTrue();
    assertThat(reader.sender()).isEqualTo(0xCAFE0102);
    byte[] whole = hex(EMPTY);
    reader.reset(whole, 0, whole.length);
    assertThat(reader.isOneOfSeveral()).isFalse();
    assertThat(reader.sender()).isZero();
  }

  @Test
  void writesTheGoldenEmptyFrame() {
    assertThat(new FrameWriter(0, 0, 1).finish(0, List.of())).isEqualTo(hex(EMPTY));
  }

  @Test
  void writesTheGoldenEntries() {
    FrameWriter writer = new FrameWriter(0x11223344, -2, 4);
    add(writer, "a", 1000, FrameFormat.RECORD, "v1".getBytes(UTF_8));
    add(writer, "bb", 990, FrameFormat.RETRACTION, new byte[0]);
    add(writer, "", 3500, FrameFormat.PARTIAL, partial(-2, 300, 0xFF));
    assertThat(writer.entries()).isEqualTo(3);
    assertThat(writer.finish(0, List.of())).isEqualTo(hex(ENTRIES));
  }

  @Test
  void writesTheGoldenUpdates() {
    List<ChannelUpdate> updates =
        List.of(
            new ChannelUpdate(0, ChannelStatus.ACTIVE, 5, 1000, -1001),
            new ChannelUpdate(299, ChannelStatus.IDLE, 0, 0, UNKNOWN),
            new ChannelUpdate(7, ChannelStatus.FINISHED, 300, END, UNKNOWN),
            new ChannelUpdate(8, ChannelStatus.ACTIVE, 1, UNKNOWN, UNKNOWN));
    byte[] frame = new FrameWriter(1, 2, 300).finish(FrameFormat.LAST_OF_TRANSACTION, updates);
    assertThat(frame).isEqualTo(hex(UPDATES));
    FrameReader reader = new FrameReader().reset(frame, 0, frame.length);
    assertThat(reader.isLastOfTransaction()).isTrue();
    assertThat(reader.next()).isFalse();
    assertThat(reader.updateCount()).isEqualTo(4);
    assertThat(readUpdates(reader)).isEqualTo(updates);
  }

  @Test
  void readsTheGoldenEntries() {
    byte[] frame = hex(ENTRIES);
    FrameReader reader = new FrameReader().reset(frame, 0, frame.length);
    assertThat(reader.recordSchemaId()).isEqualTo(0x11223344);
    assertThat(reader.partialSchemaId()).isEqualTo(-2);
    assertThat(reader.channelCount()).isEqualTo(4);
    assertThat(reader.flags()).isZero();
    assertThat(reader.isLastOfTransaction()).isFalse();
    assertThat(reader.entryCount()).isEqualTo(3);
    assertThat(readEntries(reader))
        .containsExactly(
            new Entry("61", 1000, 0, "7631"),
            new Entry("6262", 990, 1, ""),
            new Entry("", 3500, 2, "03ac02ff"));
    assertThat(reader.next()).isFalse();
    assertThat(reader.nextUpdate()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0000",
    "1, 0, 0200",
    "-1, 0, 0100",
    "63, 127, 7E7F",
    "-64, 128, 7F8001",
    "64, 0, 800100",
    "9223372036854775807, 1, FEFFFFFFFFFFFFFFFF0101",
    "-9223372036854775808, 1, FFFFFFFFFFFFFFFFFF0101",
  })
  void theHeadOfAPartialHasASignedNumberOfRecords(long weight, long spanMs, String golden) {
    ByteWriter out = new ByteWriter();
    new PartialHead().of(weight, spanMs).write(out);
    assertThat(out.toByteArray()).isEqualTo(hex(golden));
    ByteReader in = new ByteReader(hex(golden));
    PartialHead head = new PartialHead().read(in);
    assertThat(head.weight()).isEqualTo(weight);
    assertThat(head.spanMs()).isEqualTo(spanMs);
    assertThat(in.remaining()).isZero();
  }

  private static byte[] partial(long weight, long spanMs, int accumulator) {
    ByteWriter out = new ByteWriter();
    new PartialHead().of(weight, spanMs).write(out);
    out.writeByte(accumulator);
    return out.toByteArray();
  }

  @Test
  void anEntryTooFarAheadOfTheClockSaysSo() {
    String golden =
        """
        4D 01 00          magic, version, flags
        00000000          schema of records
        00000000          schema of partials
        01                1 channel
        00                0 updates
        D00F              base time 1000
        01                1 entry
        01 61             key "a"
        00                time 1000 = base
        04                record, too far ahead
        01 37             value "7"
        """;
    FrameWriter writer = new FrameWriter(0, 0, 1);
    add(writer, "a", 1000, FrameFormat.RECORD | FrameFormat.TOO_FAR_AHEAD, new byte[] {'7'});
    assertThat(writer.finish(0, List.of())).isEqualTo(hex(golden));
    byte[] frame = hex(golden);
    assertThat(readEntries(new FrameReader().reset(frame, 0, frame.length)))
        .containsExactly(new Entry("61", 1000, FrameFormat.TOO_FAR_AHEAD, "37"));
  }

  @Test
  void readsASliceOfALargerArray() {
    byte[] frame = hex(ENTRIES);
    byte[] larger = new byte[frame.length + 20];
    Arrays.fill(larger, (byte) 0x55);
    System.arraycopy(frame, 0, larger, 9, frame.length);
    FrameReader reader = new FrameReader().reset(larger, 9, frame.length);
    assertThat(reader.array()).isSameAs(larger);
    assertThat(readEntries(reader)).hasSize(3);
  }

  @Test
  void anEmptyKeyAndAnEmptyValueHaveAPlace() {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    add(writer, "", 0, 0, new byte[0]);
    assertThat(entriesOf(writer)).containsExactly(new Entry("", 0, 0, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "0,9223372036854775807",
    "9223372036854775807,-9223372036854775808",
    "-9223372036854775808,9223372036854775807",
    "-9223372036854775808,0",
    "-1,9223372036854775807",
    "4611686018427387904,-4611686018427387905"
  })
  void anyTwoTimesFitIntoOneFrame(long first, long second) {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    add(writer, "a", first, 0, new byte[0]);
    add(writer, "a", second, 0, new byte[0]);
    assertThat(entriesOf(writer)).extracting(Entry::time).containsExactly(first, second);
  }

  @Test
  void anEncodedValueIsTheSameAsACopiedOne() {
    for (int length : new int[] {0, 1, 127, 128, 129, 16_383, 16_384, 16_385, 3_000_000, 5, 200}) {
      byte[] value = new byte[length];
      new Random(length).nextBytes(value);
      FrameWriter copied = new FrameWriter(1, 2, 3);
      FrameWriter encoded = new FrameWriter(1, 2, 3);
      for (int i = 0; i < 3; i++) {
        add(copied, "key", i, 0, value);
        add(copied, "key", i, 0, new byte[] {9});
        encode(encoded, "key", i, value);
        encode(encoded, "key", i, new byte[] {9});
      }
      assertThat(encoded.entries()).isEqualTo(6);
      assertThat(encoded.sizeBytes()).isEqualTo(copied.sizeBytes());
      assertThat(encoded.finish(0, List.of()))
          .as("length %s", length)
          .isEqualTo(copied.finish(0, List.of()));
    }
  }

  @Test
  void aCancelledEntryLeavesNoTrace() {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    writer.beginEntry(new byte[] {1}, 0, 1, 77, 0).writeLong(1);
    writer.cancelEntry();
    assertThat(writer.entries()).isZero();
    add(writer, "a", 5, 0, new byte[] {1});
    writer.beginEntry(new byte[] {1}, 0, 1, 78, 0).writeLong(1);
    writer.cancelEntry();
    FrameWriter plain = new FrameWriter(0, 0, 1);
    add(plain, "a", 5, 0, new byte[] {1});
    assertThat(writer.finish(0, List.of())).isEqualTo(plain.finish(0, List.of()));
  }

  @Test
  void finishingStartsTheNextFrame() {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    int fresh = writer.sizeBytes();
    add(writer, "a", 5, 0, new byte[2_000_000]);
    writer.finish(0, List.of());
    assertThat(writer.entries()).isZero();
    assertThat(writer.sizeBytes()).isEqualTo(fresh);
    add(writer, "b", 9, 0, new byte[0]);
    assertThat(entriesOf(writer)).containsExactly(new Entry("62", 9, 0, ""));
  }

  @Test
  void resettingDropsAlsoAnOpenEntry() {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    add(writer, "a", 5, 0, new byte[0]);
    writer.beginEntry(new byte[0], 0, 0, 1, 0);
    writer.reset();
    assertThat(writer.finish(0, List.of())).isEqualTo(hex(EMPTY));
  }

  @Test
  void sizeFollowsTheEntries() {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    add(writer, "abc", 5, 0, new byte[100]);
    int estimate = writer.sizeBytes();
    assertThat(writer.finish(0, List.of()).length).isBetween(estimate, estimate + 30);
  }

  @Test
  void refusesMisuse() {
    FrameWriter writer = new FrameWriter(0, 0, 2);
    byte[] key = new byte[4];
    assertThatThrownBy(() -> new FrameWriter(0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.beginEntry(key, 0, 4, 0, 8))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> writer.beginEntry(key, 0, 4, 0, FrameFormat.RETRACTION | FrameFormat.PARTIAL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.beginEntry(key, 1, 4, 0, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> writer.add(key, 0, 1, 0, 0, key, 3, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(writer::endEntry).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(writer::cancelEntry).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writer.finish(FrameFormat.ONE_OF_SEVERAL, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.finish(4, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    ChannelUpdate outside = new ChannelUpdate(2, ChannelStatus.ACTIVE, 0, 0, 0);
    assertThatThrownBy(() -> writer.finish(0, List.of(outside)))
        .isInstanceOf(IllegalArgumentException.class);
    writer.beginEntry(key, 0, 4, 0, 0);
    assertThatThrownBy(() -> writer.beginEntry(key, 0, 4, 0, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writer.finish(0, List.of())).isInstanceOf(IllegalStateException.class);
    writer.cancelEntry();
    assertThat(entriesOf(writer)).as("nothing of it is left").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "4D",
        "4D01",
        "4E 01 00 00000000 00000000 01 00 00 00",
        "4D 02 00 00000000 00000000 01 00 00 00",
        "4D 01 04 00000000 00000000 01 00 00 00",
        "4D 01 02 00000000 00000000 000000",
        "4D 01 80 00000000 00000000 01 00 00 00",
        "4D 01 00 00000000 00000000 00 00 00 00",
        "4D 01 00 00000000 00000000 FFFFFFFF0F 00 00 00",
        "4D 01 00 00000000 00000000 01 01 00 00",
        "4D 01 00 00000000 00000000 01 02 00000000 00000000 00 00",
        "4D 01 00 00000000 00000000 02 FFFFFFFF0F 00 00",
        "4D 01 00 00000000 00000000 01 01 01 00 00 00 00 00",
        "4D 01 00 00000000 00000000 01 01 00 04 00 00 00 00",
        "4D 01 00 00000000 00000000 01 01 00 00 00 04 00 00",
        "4D 01 00 00000000 00000000 01 01 00 00 00 01 00",
        "4D 01 00 00000000 00000000 01 00 00 01 00 00 00",
        "4D 01 00 00000000 00000000 01 00 00 FFFFFFFF07 00 00 00 00",
        "4D 01 00 00000000 00000000 01 00 00 00 00",
        "4D 01 00 00000000 00000000 01 00 80808080808080808080 00",
      })
  void refusesAMalformedHead(String text) {
    byte[] bytes = hex(text);
    FrameReader reader = new FrameReader();
    assertThatThrownBy(() -> reader.reset(bytes, 0, bytes.length))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageStartingWith("Cannot read");
    assertThat(reader.next()).isFalse();
    assertThat(reader.nextUpdate()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "key longer than the frame,  01 05000000",
    "value longer than the frame,01 00000001",
    "unknown kind,               01 00000800",
    "negative kind,              01 00008000",
    "retraction of a partial,    01 00000300",
    "one that is too far ahead,  01 00000700",
    "bytes behind the last,      01 0000000000",
    "second entry cut off,       02 0000000001000000",
  })
  void refusesAMalformedEntry(String name, String tail) {
    byte[] bytes = hex("4D 01 00 00000000 00000000 01 00 00" + tail);
    FrameReader reader = new FrameReader().reset(bytes, 0, bytes.length);
    assertThatThrownBy(() -> readEntries(reader))
        .as(name)
        .isInstanceOf(MalformedBytesException.class);
    assertThat(reader.next()).as("nothing follows a malformed entry").isFalse();
  }

  @Test
  void everyTruncationIsMalformed() {
    for (String golden : List.of(EMPTY, ENTRIES, UPDATES, ONE_OF_SEVERAL, LAST_OF_SEVERAL)) {
      byte[] frame = hex(golden);
      for (int length = 0; length < frame.length; length++) {
        byte[] truncated = Arrays.copyOf(frame, length);
        assertThatThrownBy(() -> drain(new FrameReader(), truncated))
            .as("length %s of %s", length, golden)
            .isInstanceOf(MalformedBytesException.class);
      }
    }
  }

  @Test
  void roundTripsRandomFrames() {
    long seed = 1234;
    Random random = new Random(seed);
    FrameReader reader = new FrameReader();
    for (int round = 0; round < 3_000; round++) {
      String at = "seed " + seed + ", round " + round;
      Sample sample = Sample.random(random);
      byte[] frame = sample.encode(random);
      reader.reset(frame, 0, frame.length);
      assertThat(reader.recordSchemaId()).as(at).isEqualTo(sample.recordSchemaId);
      assertThat(reader.partialSchemaId()).as(at).isEqualTo(sample.partialSchemaId);
      assertThat(reader.channelCount()).as(at).isEqualTo(sample.channelCount);
      assertThat(reader.flags()).as(at).isEqualTo(sample.flags);
      assertThat(reader.sender())
          .as(at)
          .isEqualTo(reader.isOneOfSeveral() ? sample.recordSchemaId : 0);
      assertThat(reader.entryCount()).as(at).isEqualTo(sample.entries.size());
      assertThat(readEntries(reader)).as(at).isEqualTo(sample.entries);
      assertThat(readUpdates(reader)).as(at).isEqualTo(sample.updates);
    }
  }

  @Test
  void takesHalfAMillionDamagedFramesInItsStride() {
    Random random = new Random(99);
    List<byte[]> seeds =
        new ArrayList<>(List.of(hex(EMPTY), hex(ENTRIES), hex(UPDATES), hex(ONE_OF_SEVERAL)));
    for (int i = 0; i < 60; i++) {
      seeds.add(Sample.random(random).encode(random));
    }
    FrameReader reader = new FrameReader();
    Mutator.Tally tally = Mutator.fuzz(seeds, 31, 500_000, 1, bytes -> drain(reader, bytes));
    assertThat(tally.accepted()).isGreaterThan(10_000);
    assertThat(tally.refused()).isGreaterThan(100_000);
  }

  @Test
  void readingAllocatesNothing() {
    Random random = new Random(7);
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      frames.add(Sample.random(random).encode(random));
    }
    FrameReader reader = new FrameReader();
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < frames.size(); i++) {
        drain(reader, frames.get(i));
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).isZero();
  }

  /** Reads all there is, checks that it lies inside, and returns how much it was. */
  private static int drain(FrameReader reader, byte[] bytes) {
    reader.reset(bytes, 0, bytes.length);
    int work = 0;
    while (reader.next()) {
      work++;
      if (reader.keyOffset() < 0
          || reader.keyLength() < 0
          || reader.keyOffset() + reader.keyLength() > reader.valueOffset()
          || reader.valueLength() < 0
          || reader.valueOffset() + reader.valueLength() > bytes.length) {
        throw new IllegalStateException("an entry lies outside");
      }
    }
    while (reader.nextUpdate()) {
      work++;
      if (reader.updateChannel() < 0 || reader.updateChannel() >= reader.channelCount()) {
        throw new IllegalStateException("a channel lies outside");
      }
    }
    return work;
  }

  private static List<Entry> entriesOf(FrameWriter writer) {
    byte[] frame = writer.finish(0, List.of());
    return readEntries(new FrameReader().reset(frame, 0, frame.length));
  }

  private static List<Entry> readEntries(FrameReader reader) {
    List<Entry> entries = new ArrayList<>();
    while (reader.next()) {
      entries.add(
          new Entry(
              HexFormat.of()
                  .formatHex(
                      reader.array(), reader.keyOffset(), reader.keyOffset() + reader.keyLength()),
              reader.time(),
              reader.kind(),
              HexFormat.of()
                  .formatHex(
                      reader.array(),
                      reader.valueOffset(),
                      reader.valueOffset() + reader.valueLength())));
    }
    return entries;
  }

  private static List<ChannelUpdate> readUpdates(FrameReader reader) {
    List<ChannelUpdate> updates = new ArrayList<>();
    while (reader.nextUpdate()) {
      updates.add(
          new ChannelUpdate(
              reader.updateChannel(),
              reader.updateStatus(),
              reader.updateOwnerEpoch(),
              reader.updateEventTimeWatermark(),
              reader.updateProcessingTimeWatermark()));
    }
    return updates;
  }

  private static void add(FrameWriter writer, String key, long time, int kind, byte[] value) {
    byte[] padded = new byte[value.length + 3];
    System.arraycopy(value, 0, padded, 2, value.length);
    byte[] keyBytes = ("<" + key + ">").getBytes(UTF_8);
    writer.add(keyBytes, 1, keyBytes.length - 2, time, kind, padded, 2, value.length);
  }

  private static void encode(FrameWriter writer, String key, long time, byte[] value) {
    byte[] keyBytes = key.getBytes(UTF_8);
    ByteWriter out = writer.beginEntry(keyBytes, 0, keyBytes.length, time, 0);
    out.writeBytes(value);
    writer.endEntry();
  }

  private static byte[] hex(String text) {
    return FrameHex.parse(text);
  }

  private record Entry(String key, long time, int kind, String value) {}

  private record Sample(
      int recordSchemaId,
      int partialSchemaId,
      int channelCount,
      int flags,
      List<Entry> entries,
      List<ChannelUpdate> updates) {

    private static final int[] KINDS = {0, 1, 2, 4, 5, 6};

    static Sample random(Random random) {
      int channels = 1 + random.nextInt(random.nextBoolean() ? 4 : 400);
      List<ChannelUpdate> updates = new ArrayList<>();
      int updateCount = random.nextInt(Math.min(channels, 20) + 1);
      for (int i = 0; i < updateCount; i++) {
        updates.add(
            new ChannelUpdate(
                random.nextInt(channels),
                ChannelStatus.values()[random.nextInt(3)],
                random.nextInt(5) == 0 ? random.nextLong() : random.nextInt(1000),
                Samples.time(random),
                Samples.time(random)));
      }
      List<Entry> entries = new ArrayList<>();
      int entryCount = random.nextInt(random.nextBoolean() ? 3 : 40);
      for (int i = 0; i < entryCount; i++) {
        entries.add(
            new Entry(
                Samples.hex(random, 20),
                Samples.time(random),
                KINDS[random.nextInt(KINDS.length)],
                Samples.hex(random, random.nextInt(10) == 0 ? 600 : 30)));
      }
      return new Sample(
          random.nextInt(), random.nextInt(), channels, random.nextInt(4), entries, updates);
    }

    byte[] encode(Random random) {
      FrameWriter writer = new FrameWriter(recordSchemaId, partialSchemaId, channelCount);
      for (Entry entry : entries) {
        byte[] key = HexFormat.of().parseHex(entry.key);
        byte[] value = HexFormat.of().parseHex(entry.value);
        if (random.nextInt(5) == 0) {
          writer.beginEntry(key, 0, key.length, random.nextLong(), 0).writeLong(1);
          writer.cancelEntry();
        }
        if (random.nextBoolean()) {
          writer.add(key, 0, key.length, entry.time, entry.kind, value, 0, value.length);
        } else {
          writer.beginEntry(key, 0, key.length, entry.time, entry.kind).writeBytes(value);
          writer.endEntry();
        }
      }
      boolean several = (flags & FrameFormat.ONE_OF_SEVERAL) != 0;
      return several
          ? writer.finishOneOfSeveral(flags, updates, recordSchemaId)
          : writer.finish(flags, updates);
    }
  }
}
