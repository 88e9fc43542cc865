package dev.millrace.internal.frame;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.WatermarkCombiner;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SmallFrameTest {

  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final long NOW = 1_790_000_000_000L;

  // Golden bytes: never edited once released.
  private static final String GOLDEN =
      """
      53 01         magic, version
      0C            ACTIVE, both watermarks
      D00F          event time 1000
      A01F          processing time 2000
      2A            transaction 42
      03            owner epoch 3
      02 CAFE       source position
      01            1 vector
      01            input 1
      01            event time present
      D00F          combined event time 1000
      02            2 channels
      0C            ACTIVE, both
      02            event time 1001
      A01F          processing time 2000
      01            owner epoch 0
      02            FINISHED
      05            owner epoch 4
      """;

  private static final SmallFrame FRAME =
      new SmallFrame(
          ChannelStatus.ACTIVE,
          1000,
          2000,
          42,
          3,
          new byte[] {(byte) 0xCA, (byte) 0xFE},
          List.of(
              new ChannelVector(
                  1,
                  1000,
                  UNKNOWN,
                  List.of(
                      new ChannelState(ChannelStatus.ACTIVE, 0, 1001, 2000),
                      new ChannelState(ChannelStatus.FINISHED, 4, UNKNOWN, UNKNOWN)))));

  @Test
  void writesTheGoldenText() {
    assertThat(Base64.getUrlDecoder().decode(FRAME.encode())).isEqualTo(FrameHex.parse(GOLDEN));
    assertThat(FRAME.encode()).isEqualTo("UwEM0A-gHyoDAsr-AQEB0A8CDAKgHwECBQ");
  }

  @Test
  void readsTheGoldenText() {
    SmallFrame decoded = SmallFrame.decode("UwEM0A-gHyoDAsr-AQEB0A8CDAKgHwECBQ");
    assertThat(decoded).isEqualTo(FRAME).hasSameHashCodeAs(FRAME);
  }

  @Test
  void staysBelowTwoHundredCharactersForAFewChannels() {
    assertThat(realistic(0).encode()).hasSizeLessThan(60);
    assertThat(realistic(12).encode()).hasSizeLessThan(200);
    assertThat(realistic(256).encode()).hasSizeLessThan(SmallFrame.MAX_CHARS);
  }

  @Test
  void leavesTheChannelsOutWhereKafkaWouldRefuseThem() {
    SmallFrame frame = realistic(2_000);
    String text = frame.encode();
    assertThat(text).hasSizeLessThan(100);
    SmallFrame decoded = SmallFrame.decode(text);
    assertThat(decoded.txnSeq()).isEqualTo(frame.txnSeq());
    ChannelVector vector = decoded.channelVectors().get(0);
    assertThat(vector).isEqualTo(frame.channelVectors().get(0).withoutChannels());

    WatermarkCombiner eventTime = WatermarkCombiner.ofEventTime(2_000);
    WatermarkCombiner processingTime = WatermarkCombiner.ofProcessingTime(2_000);
    vector.restore(eventTime, processingTime);
    assertThat(eventTime.watermark()).isEqualTo(NOW);
    eventTime.update(0, ChannelStatus.ACTIVE, 9, NOW + 5_000);
    assertThat(eventTime.watermark()).as("the others hold until they speak").isEqualTo(NOW);
  }

  @Test
  void vectorsCarryTwoCombinersOverARestart() {
    WatermarkCombiner eventTime = WatermarkCombiner.ofEventTime(3);
    WatermarkCombiner processingTime = WatermarkCombiner.ofProcessingTime(3);
    eventTime.update(0, ChannelStatus.ACTIVE, 4, 10);
    eventTime.update(1, ChannelStatus.IDLE, 5, 5);
    eventTime.update(2, ChannelStatus.ACTIVE, 0, 30);
    eventTime.update(1, ChannelStatus.ACTIVE, 5, 6);
    processingTime.update(0, ChannelStatus.ACTIVE, 4, 100);
    processingTime.update(1, ChannelStatus.IDLE, 5, 200);

    ChannelVector vector = ChannelVector.of(0, eventTime, processingTime);
    WatermarkCombiner restoredEventTime = WatermarkCombiner.ofEventTime(3);
    WatermarkCombiner restoredProcessingTime = WatermarkCombiner.ofProcessingTime(3);
    vector.restore(restoredEventTime, restoredProcessingTime);

    assertThat(restoredEventTime.snapshot()).isEqualTo(eventTime.snapshot());
    assertThat(restoredEventTime.watermark()).isEqualTo(10);
    assertThat(restoredProcessingTime.watermark()).isEqualTo(UNKNOWN);
    restoredProcessingTime.update(2, ChannelStatus.IDLE, 7, 150);
    assertThat(restoredProcessingTime.watermark()).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "AA",
        "Uw",
        "UwI",
        "hello world",
        "UwEM0A-gHyoDAsr-AQEB0A8CDAKgHwEC",
        "caf\u00e9",
        "UwEM0A-gHyoDAsr-AQEB0A8CDAKgHwECBQA",
        "UwEQAAAAAA",
        "AAAAAQAAAQ=="
      })
  void refusesOtherTexts(String text) {
    assertThatThrownBy(() -> SmallFrame.decode(text)).isInstanceOf(MalformedBytesException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "unknown progress bit,      53 01 10 00 00 00 00",
    "status 3,                  53 01 03 00 00 00 00",
    "unknown vector presence,   53 01 00 00 00 00 01 00 04 00",
    "unknown channel bit,       53 01 00 00 00 00 01 00 00 01 20 00",
    "too many vectors,          53 01 00 00 00 00 7F 00 00 00",
    "too many channels,         53 01 00 00 00 00 01 00 00 FFFFFFFF0F 00 00",
    "bytes behind the end,      53 01 00 00 00 00 00 00",
  })
  void refusesOtherBytes(String name, String bytes) {
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(FrameHex.parse(bytes));
    assertThatThrownBy(() -> SmallFrame.decode(text))
        .as(name)
        .isInstanceOf(MalformedBytesException.class);
  }

  @Test
  void roundTripsRandomFrames() {
    long seed = 66;
    Random random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      SmallFrame frame = random(random);
      String text = frame.encode();
      SmallFrame decoded = SmallFrame.decode(text);
      assertThat(text).hasSizeLessThanOrEqualTo(SmallFrame.MAX_CHARS).matches("[A-Za-z0-9_-]+");
      assertThat(decoded).as("seed %s, round %s", seed, round).isEqualTo(frame);
    }
  }

  @Test
  void takesDamagedTextsInItsStride() {
    Random random = new Random(12);
    List<byte[]> seeds = new ArrayList<>(List.of(FrameHex.parse(GOLDEN)));
    for (int i = 0; i < 60; i++) {
      seeds.add(Base64.getUrlDecoder().decode(random(random).encode()));
    }
    Mutator.Tally tally =
        Mutator.fuzz(
            seeds,
            13,
            300_000,
            64,
            bytes -> {
              String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
              return SmallFrame.decode(text).channelVectors().size();
            });
    assertThat(tally.accepted()).isGreaterThan(10_000);
    assertThat(tally.refused()).isGreaterThan(50_000);
  }

  @Test
  void takesTextsThatWereNeverBase64InItsStride() {
    List<byte[]> seeds =
        List.of(FRAME.encode().getBytes(ISO_8859_1), "offset metadata".getBytes(ISO_8859_1));
    Mutator.Tally tally =
        Mutator.fuzz(
            seeds,
            14,
            100_000,
            64,
            bytes -> SmallFrame.decode(new String(bytes, ISO_8859_1)).channelVectors().size());
    assertThat(tally.refused()).isGreaterThan(50_000);
  }

  private static SmallFrame realistic(int channels) {
    List<ChannelState> states = new ArrayList<>();
    for (int i = 0; i < channels; i++) {
      states.add(
          new ChannelState(ChannelStatus.ACTIVE, 12, NOW + i * 7L % 3_000, NOW + 100 + i % 200));
    }
    List<ChannelVector> vectors =
        channels == 0 ? List.of() : List.of(new ChannelVector(0, NOW, NOW + 100, states));
    return new SmallFrame(
        ChannelStatus.ACTIVE, NOW, NOW + 100, 86_400_000, 12, new byte[8], vectors);
  }

  private static SmallFrame random(Random random) {
    return new SmallFrame(
        Samples.status(random),
        Samples.time(random),
        Samples.time(random),
        random.nextLong() >>> random.nextInt(64),
        random.nextInt(300),
        Samples.bytes(random, 20),
        Samples.vectors(random));
  }
}
