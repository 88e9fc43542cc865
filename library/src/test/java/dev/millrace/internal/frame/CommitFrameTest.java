package dev.millrace.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class CommitFrameTest {

  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final long END = Long.MAX_VALUE;

  // Golden bytes: never edited once released.
  private static final String GOLDEN =
      """
      43 01                              magic, version
      0011223344556677 8899AABBCCDDEEFF  job uuid
      03                                 reset epoch 3
      05 636F756E74                      stage "count"
      07                                 task 7
      AC02                               transaction 300
      02                                 owner epoch 2
      04 772D3031                        transactional id "w-01"
      05                                 IDLE, event time present
      D00F                               event time 1000
      02 CAFE                            source position
      02                                 2 input positions
      01 61                              topic "a"
      0000000000000001 0000000000000002  topic id
      E807                               offset 1000
      0A                                 leader epoch 5
      01 62                              topic "b"
      0000000000000000 0000000000000003  topic id
      00                                 offset 0
      01                                 leader epoch unknown
      01                                 1 vector
      00                                 input 0
      03                                 both watermarks present
      D00F                               combined event time 1000
      A01F                               combined processing time 2000
      03                                 3 channels
      0C                                 ACTIVE, both
      00                                 event time 1000
      02                                 processing time 2001
      03                                 owner epoch 2
      05                                 IDLE, event time
      13                                 event time 990
      01                                 owner epoch 0
      00                                 ACTIVE, nothing known
      00                                 has not spoken
      01                                 1 prepared output
      02 6673                            sink "fs"
      03 010203                          state
      """;

  private static final CommitFrame FRAME =
      new CommitFrame(
          CommitFrame.FORMAT,
          UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"),
          3,
          "count",
          7,
          300,
          2,
          "w-01",
          List.of(
              new InputPosition("a", new UUID(1, 2), 1000, 5),
              new InputPosition("b", new UUID(0, 3), 0, -1)),
          List.of(
              new ChannelVector(
                  0,
                  1000,
                  2000,
                  List.of(
                      new ChannelState(ChannelStatus.ACTIVE, 2, 1000, 2001),
                      new ChannelState(ChannelStatus.IDLE, 0, 990, UNKNOWN),
                      new ChannelState(ChannelStatus.ACTIVE, -1, UNKNOWN, UNKNOWN)))),
          1000,
          UNKNOWN,
          ChannelStatus.IDLE,
          new byte[] {(byte) 0xCA, (byte) 0xFE},
          List.of(new PreparedOutput("fs", new byte[] {1, 2, 3})));

  @Test
  void writesTheGoldenBytes() {
    assertThat(FRAME.encode()).isEqualTo(FrameHex.parse(GOLDEN));
  }

  @Test
  void readsTheGoldenBytes() {
    CommitFrame decoded = CommitFrame.decode(FrameHex.parse(GOLDEN));
    assertThat(decoded).isEqualTo(FRAME).hasSameHashCodeAs(FRAME);
    assertThat(decoded.preparedOutputs().get(0).toString())
        .isEqualTo("PreparedOutput[fs, 3 bytes]");
  }

  @Test
  void anInputMayBeAheadOfTheTask() {
    CommitFrame frame = withVector(FRAME.channelVectors().get(0).withOwn(1_064, 2_001));
    String golden =
        GOLDEN.replaceFirst(
            "03 +both watermarks present\n(.+)\n(.+)\n",
            "0F  all four watermarks present\n$1\n$2\n"
                + "8001  event time of the input 1064\n02  its processing time 2001\n");
    assertThat(golden).isNotEqualTo(GOLDEN);
    assertThat(frame.encode()).isEqualTo(FrameHex.parse(golden));
    assertThat(CommitFrame.decode(frame.encode())).isEqualTo(frame).isNotEqualTo(FRAME);
  }

  private static CommitFrame withVector(ChannelVector vector) {
    return new CommitFrame(
        CommitFrame.FORMAT,
        FRAME.jobUuid(),
        FRAME.resetEpoch(),
        FRAME.stage(),
        FRAME.task(),
        FRAME.txnSeq(),
        FRAME.ownerEpoch(),
        FRAME.transactionalId(),
        FRAME.inputPositions(),
        List.of(vector),
        FRAME.eventTimeWatermark(),
        FRAME.processingTimeWatermark(),
        FRAME.status(),
        FRAME.sourcePosition(),
        FRAME.preparedOutputs());
  }

  @Test
  void readsASlice() {
    ByteWriter out = new ByteWriter();
    out.writeInt(1);
    FRAME.encode(out);
    int length = out.size() - 4;
    out.writeInt(2);
    assertThat(CommitFrame.decode(out.toByteArray(), 4, length)).isEqualTo(FRAME);
  }

  @Test
  void everyTruncationAndEveryTrailingByteIsMalformed() {
    byte[] bytes = FRAME.encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] truncated = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> CommitFrame.decode(truncated))
          .as("length %s", length)
          .isInstanceOf(MalformedBytesException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> CommitFrame.decode(longer))
        .isInstanceOf(MalformedBytesException.class);
  }

  @Test
  void refusesAnotherMagicOrVersion() {
    byte[] bytes = FRAME.encode();
    bytes[1] = 2;
    assertThatThrownBy(() -> CommitFrame.decode(bytes))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContaining("version is 2, this program reads 1");
    bytes[0] = 0x4D;
    assertThatThrownBy(() -> CommitFrame.decode(bytes))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContaining("0x4D instead of 0x43");
  }

  @Test
  void roundTripsRandomFrames() {
    long seed = 555;
    Random random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      CommitFrame frame = random(random);
      CommitFrame decoded = CommitFrame.decode(frame.encode());
      assertThat(decoded).as("seed %s, round %s", seed, round).isEqualTo(frame);
      assertThat(decoded.encode()).isEqualTo(frame.encode());
    }
  }

  @Test
  void takesDamagedFramesInItsStride() {
    Random random = new Random(8);
    List<byte[]> seeds = new ArrayList<>(List.of(FrameHex.parse(GOLDEN)));
    for (int i = 0; i < 60; i++) {
      seeds.add(random(random).encode());
    }
    Mutator.Tally tally =
        Mutator.fuzz(
            seeds,
            17,
            300_000,
            64,
            bytes -> {
              CommitFrame frame = CommitFrame.decode(bytes);
              return frame.inputPositions().size()
                  + frame.preparedOutputs().size()
                  + frame.channelVectors().stream().mapToInt(v -> v.channels().size()).sum();
            });
    assertThat(tally.accepted()).isGreaterThan(10_000);
    assertThat(tally.refused()).isGreaterThan(50_000);
  }

  @Test
  void differsInEveryComponent() {
    CommitFrame other =
        new CommitFrame(
            FRAME.format(),
            FRAME.jobUuid(),
            FRAME.resetEpoch(),
            FRAME.stage(),
            FRAME.task(),
            FRAME.txnSeq(),
            FRAME.ownerEpoch(),
            FRAME.transactionalId(),
            FRAME.inputPositions(),
            FRAME.channelVectors(),
            FRAME.eventTimeWatermark(),
            FRAME.processingTimeWatermark(),
            FRAME.status(),
            new byte[] {1},
            FRAME.preparedOutputs());
    assertThat(other).isNotEqualTo(FRAME);
  }

  @Test
  void refusesAnUnknownFormat() {
    assertThatThrownBy(
            () ->
                new CommitFrame(
                    2,
                    FRAME.jobUuid(),
                    0,
                    "s",
                    0,
                    0,
                    0,
                    "t",
                    List.of(),
                    List.of(),
                    0,
                    END,
                    ChannelStatus.FINISHED,
                    new byte[0],
                    List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static CommitFrame random(Random random) {
    List<InputPosition> positions = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      positions.add(
          new InputPosition(
              Samples.name(random),
              Samples.uuid(random),
              random.nextLong() >>> random.nextInt(64),
              random.nextInt(100) - 1));
    }
    List<PreparedOutput> outputs = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      outputs.add(new PreparedOutput(Samples.name(random), Samples.bytes(random, 40)));
    }
    return new CommitFrame(
        CommitFrame.FORMAT,
        Samples.uuid(random),
        random.nextInt(10),
        Samples.name(random),
        random.nextInt(500),
        random.nextLong() >>> random.nextInt(64),
        random.nextInt(300),
        Samples.name(random),
        positions,
        Samples.vectors(random),
        Samples.time(random),
        Samples.time(random),
        Samples.status(random),
        Samples.bytes(random, 20),
        outputs);
  }
}
