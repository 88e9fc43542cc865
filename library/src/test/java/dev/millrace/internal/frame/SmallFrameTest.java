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
      53 02         magic, version
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
      02            of 2 kinds
      14            ACTIVE, both
      02            FINISHED, neither
      02            kinds 0 and 1
      01 00         1 channel of owner epoch 0
      01 08         1 channel of owner epoch 4
      D20F 00       event time 1001
      A01F 00       processing time 2000
      """;

  private static final String GOLDEN_VERSION_1 =
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

  private static final String GOLDEN_TEXT = "UwIM0A-gHyoDAsr-AQEB0A8CAhQCAgEAAQjSDwCgHwA";

  @Test
  void writesTheGoldenText() {
    assertThat(Base64.getUrlDecoder().decode(FRAME.encode())).isEqualTo(FrameHex.parse(GOLDEN));
    assertThat(FRAME.encode()).isEqualTo(GOLDEN_TEXT);
  }

  @Test
  void readsTheGoldenText() {
    SmallFrame decoded = SmallFrame.decode(GOLDEN_TEXT);
    assertThat(decoded).isEqualTo(FRAME).hasSameHashCodeAs(FRAME);
  }

  @Test
  void readsWhatTheFirstVersionWrote() {
    String text = "UwEM0A-gHyoDAsr-AQEB0A8CDAKgHwECBQ";
    assertThat(Base64.getUrlDecoder().decode(text)).isEqualTo(FrameHex.parse(GOLDEN_VERSION_1));
    assertThat(SmallFrame.decode(text)).isEqualTo(FRAME);
  }

  @Test
  void refusesALaterVersion() {
    assertThatThrownBy(() -> SmallFrame.decode("UwMM0A-gHyoDAsr-AQEB0A8CDAKgHwECBQ"))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContaining("version is 3, this program reads 1 to 2");
  }

  @Test
  void staysSmallForAFewChannels() {
    assertThat(realistic(0).encode()).hasSizeLessThan(60);
    assertThat(realistic(12).encode()).hasSizeLessThan(120);
    assertThat(realistic(256).encode()).hasSizeLessThan(1_100);
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 110, 256, 350, 700})
  void keepsHundredsOfChannelsAsTheyAre(int channels) {
    SmallFrame frame = realistic(channels);
    assertThat(SmallFrame.decode(frame.encode())).isEqualTo(frame);
  }

  @ParameterizedTest
  @ValueSource(ints = {110, 2_000, SmallFrame.MAX_CHANNELS})
  void keepsThatAllHaveFinishedButOne(int channels) {
    List<ChannelState> states = new ArrayList<>();
    for (int i = 0; i < channels - 1; i++) {
      states.add(new ChannelState(ChannelStatus.FINISHED, NOW + i, Long.MAX_VALUE, Long.MAX_VALUE));
    }
    states.add(new ChannelState(ChannelStatus.ACTIVE, NOW, NOW, NOW));
    ChannelVector vector = decoded(new ChannelVector(0, NOW, NOW, states));
    WatermarkCombiner eventTime = WatermarkCombiner.ofEventTime(channels);
    WatermarkCombiner processingTime = WatermarkCombiner.ofProcessingTime(channels);
    vector.restore(eventTime, processingTime);

    eventTime.update(channels - 1, ChannelStatus.FINISHED, NOW + 1, Long.MAX_VALUE, 0);
    processingTime.update(channels - 1, ChannelStatus.FINISHED, NOW + 1, Long.MAX_VALUE, 0);

    assertThat(eventTime.status()).isEqualTo(ChannelStatus.FINISHED);
    assertThat(eventTime.watermark()).isEqualTo(Long.MAX_VALUE);
    assertThat(processingTime.watermark()).isEqualTo(Long.MAX_VALUE);
  }

  /**
   * What a restart may cost with thousands of channels: precision that comes back with the next
   * word of each active channel, and nothing that only a silent one could bring back.
   */
  @ParameterizedTest
  @ValueSource(ints = {10, 300, 1_000, 2_500, SmallFrame.MAX_CHANNELS})
  void aRestartStallsNothingWhateverTheNumberOfChannels(int channels) {
    long seed = 4_711;
    Random random = new Random(seed + channels);
    for (int round = 0; round < 5; round++) {
      String at = "seed " + seed + ", channels " + channels + ", round " + round;
      WatermarkCombiner before = WatermarkCombiner.ofEventTime(channels);
      WatermarkCombiner beforeProcessing = WatermarkCombiner.ofProcessingTime(channels);
      long[] said = new long[channels];
      ChannelStatus[] statuses = new ChannelStatus[channels];
      for (int i = 0; i < 4 * channels; i++) {
        int channel = i < channels ? i : random.nextInt(channels);
        ChannelStatus status =
            i < channels ? ChannelStatus.ACTIVE : ChannelStatus.values()[random.nextInt(3)];
        if (statuses[channel] == ChannelStatus.FINISHED) {
          continue;
        }
        statuses[channel] = status;
        said[channel] =
            status == ChannelStatus.FINISHED
                ? Long.MAX_VALUE
                : Math.max(said[channel], NOW + random.nextInt(3_600_000));
        long epoch = NOW + 100L * i;
        before.update(channel, status, epoch, said[channel], 0);
        beforeProcessing.update(channel, status, epoch, said[channel], 0);
      }
      ChannelVector whole = ChannelVector.of(0, before, beforeProcessing);
      ChannelVector kept = decoded(whole);
      for (int i = 0; i < channels; i++) {
        ChannelState was = whole.channels().get(i);
        ChannelState is = kept.channels().get(i);
        assertThat(is.status()).as(at).isEqualTo(was.status());
        assertThat(is.ownerEpoch()).as(at).isLessThanOrEqualTo(was.ownerEpoch());
        assertThat(is.eventTimeWatermark()).as(at).isLessThanOrEqualTo(was.eventTimeWatermark());
      }
      WatermarkCombiner after = WatermarkCombiner.ofEventTime(channels);
      WatermarkCombiner afterProcessing = WatermarkCombiner.ofProcessingTime(channels);
      kept.restore(after, afterProcessing);
      assertThat(after.watermark()).as(at).isEqualTo(before.watermark());
      assertThat(after.status()).as(at).isEqualTo(before.status());

      // Only those that are active speak again; the others may be silent for ever.
      for (int i = 0; i < channels; i++) {
        if (statuses[i] == ChannelStatus.ACTIVE) {
          before.update(i, ChannelStatus.IDLE, Long.MAX_VALUE, said[i], 0);
          after.update(i, ChannelStatus.IDLE, Long.MAX_VALUE, said[i], 0);
          assertThat(after.watermark()).as(at).isLessThanOrEqualTo(before.watermark());
        }
      }
      assertThat(after.watermark()).as(at).isEqualTo(before.watermark());
      assertThat(after.status()).as(at).isEqualTo(before.status());
    }
  }

  private static ChannelVector decoded(ChannelVector vector) {
    String text =
        new SmallFrame(
                ChannelStatus.ACTIVE, NOW, NOW, Long.MAX_VALUE, NOW, new byte[8], List.of(vector))
            .encode();
    assertThat(text).hasSizeLessThanOrEqualTo(SmallFrame.MAX_CHARS);
    return SmallFrame.decode(text).channelVectors().get(0);
  }

  @Test
  void vectorsCarryTwoCombinersOverARestart() {
    WatermarkCombiner eventTime = WatermarkCombiner.ofEventTime(3);
    WatermarkCombiner processingTime = WatermarkCombiner.ofProcessingTime(3);
    eventTime.update(0, ChannelStatus.ACTIVE, 4, 10, 0);
    eventTime.update(1, ChannelStatus.IDLE, 5, 5, 0);
    eventTime.update(2, ChannelStatus.ACTIVE, 0, 30, 0);
    eventTime.update(1, ChannelStatus.ACTIVE, 5, 6, 0);
    processingTime.update(0, ChannelStatus.ACTIVE, 4, 100, 0);
    processingTime.update(1, ChannelStatus.IDLE, 5, 200, 0);

    ChannelVector vector = ChannelVector.of(0, eventTime, processingTime);
    WatermarkCombiner restoredEventTime = WatermarkCombiner.ofEventTime(3);
    WatermarkCombiner restoredProcessingTime = WatermarkCombiner.ofProcessingTime(3);
    vector.restore(restoredEventTime, restoredProcessingTime);

    assertThat(restoredEventTime.snapshot()).isEqualTo(eventTime.snapshot());
    assertThat(restoredEventTime.watermark()).isEqualTo(10);
    assertThat(restoredProcessingTime.watermark()).isEqualTo(UNKNOWN);
    restoredProcessingTime.update(2, ChannelStatus.IDLE, 7, 150, 0);
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
        "UwIM0A-gHyoDAsr-AQEB0A8CAhQCAgEAAQjSDwCgHw",
        "AAAAAQAAAQ=="
      })
  void refusesOtherTexts(String text) {
    assertThatThrownBy(() -> SmallFrame.decode(text)).isInstanceOf(MalformedBytesException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "unknown progress bit,      53 01 10 00 00 00 00",
    "unknown vector presence,   53 01 00 00 00 00 01 00 04 00",
    "unknown channel bit,       53 01 00 00 00 00 01 00 00 01 20 00",
    "too many vectors,          53 01 00 00 00 00 7F 00 00 00",
    "too many channels,         53 01 00 00 00 00 01 00 00 FFFFFFFF0F 00 00",
    "bytes behind the end,      53 01 00 00 00 00 00 00",
    "version 2: progress bit,   53 02 10 00 00 00 00",
    "5001 channels,             53 02 00 00 00 00 01 00 00 8927 01 00 8927 00",
    "2 x 2501 channels,         53 02 00 00 00 00 02 00 00 C513 01 00 C513 00 00 00 C513 01 00 C513 00",
    "negative channels,         53 02 00 00 00 00 01 00 00 FFFFFFFF0F 01 00 01 00",
    "no kind,                   53 02 00 00 00 00 01 00 00 01 00 01 00",
    "65 kinds,                  53 02 00 00 00 00 01 00 00 01 41 01 00",
    "kind of event time 3,      53 02 00 00 00 00 01 00 00 01 01 0C 01 00",
    "kind of processing time 3, 53 02 00 00 00 00 01 00 00 01 01 30 01 00",
    "unknown kind bit,          53 02 00 00 00 00 01 00 00 01 01 40 01 00",
    "kind 3 of 3,               53 02 00 00 00 00 01 00 00 01 03 00 01 02 03 01 00",
    "bits behind the kinds,     53 02 00 00 00 00 01 00 00 01 02 00 01 02 01 00",
    "empty run,                 53 02 00 00 00 00 01 00 00 01 01 00 00 00",
    "run too long,              53 02 00 00 00 00 01 00 00 01 01 00 02 00",
    "width of 65 bits,          53 02 00 00 00 00 01 00 00 01 01 04 01 00 00 41 00",
    "negative width,            53 02 00 00 00 00 01 00 00 01 01 04 01 00 00 80 00",
    "shifted out,               53 02 00 00 00 00 01 00 00 01 01 04 01 00 00 01 40 01",
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
    List<byte[]> seeds =
        new ArrayList<>(List.of(FrameHex.parse(GOLDEN), FrameHex.parse(GOLDEN_VERSION_1)));
    for (int i = 0; i < 60; i++) {
      seeds.add(Base64.getUrlDecoder().decode(random(random).encode()));
    }
    // Runs make much of little, but never more than the most channels there can be.
    int allChannelsBytes = 128 * SmallFrame.MAX_CHANNELS;
    Mutator.Tally tally =
        Mutator.fuzz(
            seeds,
            13,
            300_000,
            64,
            allChannelsBytes,
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
          new ChannelState(
              ChannelStatus.ACTIVE, NOW + i / 32, NOW + i * 7L % 3_000, NOW + 100 + i % 200));
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
