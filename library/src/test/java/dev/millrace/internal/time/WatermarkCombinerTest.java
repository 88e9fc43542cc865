package dev.millrace.internal.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Steps are written {@code <channel><status><watermark>[@<epoch>]}: status a, i or f, watermark a
 * number, {@code -} for unknown, {@code max} for the end of time; what follows is the same without
 * the channel.
 */
final class WatermarkCombinerTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a single channel passes through                 | 1 | 0a5 0a7             | a5 a7
          a watermark never goes back                     | 1 | 0a7 0a5 0a6 0a8     | a7 a7 a7 a8
          a channel that has not spoken holds             | 2 | 0a10 0a20           | a- a-
          the minimum counts                              | 2 | 0a10 1a5 1a20       | a- a5 a10
          equal watermarks need both to move              | 2 | 0a5 1a5 0a6 1a7     | a- a5 a5 a6
          negative times are times                        | 2 | 0a-10 1a-20 1a-5    | a- a-20 a-10
          crossing zero                                   | 2 | 0a-1 1a0 0a1        | a- a-1 a0
          lowest known watermark                          | 2 | 0a-9223372036854775807 1a3 | a- a-9223372036854775807
          highest watermark below the end                 | 1 | 0a9223372036854775806 | a9223372036854775806
          an active channel may be at the end of time     | 2 | 0amax 1a4 1amax     | a- a4 amax
          unknown leaves the watermark as it was          | 1 | 0a7 0a- 0i-         | a7 a7 i7
          idle is left out                                | 2 | 0a10 1a5 1i5        | a- a5 a10
          idle before it ever spoke is left out           | 2 | 0a10 1i-            | a- a10
          idle at the minimum advances to the others      | 3 | 0a10 1a5 2a8 1i5    | a- a- a5 a8
          idle above the minimum changes nothing          | 3 | 0a10 1a5 2a8 0i10   | a- a- a5 a5
          all idle advance to the maximum                 | 2 | 0a10 1a5 0i10 1i5   | a- a5 a5 i10
          all idle without a watermark                    | 2 | 0i- 1i-             | a- i-
          the slower one idle first                       | 2 | 0a10 1a5 1i5 0i10   | a- a5 a10 i10
          idle watermarks move on when all are idle       | 2 | 0i10 1i5 1i30 0i20  | a- i10 i30 i30
          idle watermarks do not count beside an active   | 2 | 0a10 1i50 1i60      | a- a10 a10
          a single channel idle and back                  | 1 | 0a5 0i5 0a5 0a6     | a5 i5 a5 a6
          a resumed channel ahead takes part at once      | 2 | 0a10 1i20 1a20 0a30 | a- a10 a10 a20
          a resumed channel equal to the output takes part| 2 | 0a10 1i10 1a10 0a30 | a- a10 a10 a10
          a resumed laggard is ignored                    | 2 | 0a10 1i5 1a5 0a20   | a- a10 a10 a20
          a laggard that catches up takes part            | 2 | 0a10 1i5 1a5 1a10 0a30 1a11 | a- a10 a10 a10 a10 a11
          a laggard that catches up beyond the output     | 2 | 0a10 1i5 1a5 1a15 0a30 | a- a10 a10 a10 a15
          a laggard one short is still ignored            | 2 | 0a10 1i5 1a9 0a30   | a- a10 a10 a30
          a laggard alone holds the output where it is    | 2 | 0i10 1i5 1a5 1a9 1a10 1a11 | a- i10 a10 a10 a10 a11
          a laggard resumes and the leader finishes       | 2 | 0a10 1i5 1a5 0f10 1a12 | a- a10 a10 a10 a12
          a laggard goes idle again                       | 2 | 0i10 1i5 1a5 1i5    | a- i10 a10 i10
          all idle takes a maximum that was not the last  | 3 | 0a10 1a20 2a5 1i20 2i5 0i10 | a- a- a5 a5 a10 i20
          finished is left out                            | 2 | 0a10 1a5 1f5        | a- a5 a10
          finished with the end of time is left out       | 2 | 0a10 1a5 1fmax      | a- a5 a10
          finished before it ever spoke                   | 2 | 0a10 1f-            | a- a10
          all finished is the end of time                 | 2 | 0f10 1f5            | a- fmax
          a single finished channel                       | 1 | 0f-                 | fmax
          the last active one finishes beside an idle one | 2 | 0a10 1i5 0f10       | a- a10 i10
          idle beside finished advances to the idle       | 2 | 0a10 1a20 0f10 1i20 | a- a10 a20 i20
          finished watermarks are not the idle maximum    | 2 | 0fmax 1a5 1i5       | a- a5 i5
          idle then finished, the other still idle        | 2 | 0i10 1i5 0f10       | a- i10 i10
          idle, then both finished                        | 2 | 0i10 1i5 0f10 1f5   | a- i10 i10 fmax
          finished is for good                            | 2 | 0f10 0a12 1a5 1a20 0i- | a- a- a5 a20 a20
          finished is for good under a new owner          | 1 | 0f10@1 0a12@2       | fmax fmax
          after the end of time nothing changes           | 2 | 0f- 1f- 0a3 1i9     | a- fmax fmax fmax
          a former owner is ignored                       | 1 | 0a5@3 0a9@2 0i9@2 0f9@0 0a6@3 | a5 a5 a5 a5 a6
          a new owner may not take time back              | 1 | 0a5@3 0a2@4 0a6@4   | a5 a5 a6
          a new owner shuts the old one out               | 1 | 0a5@3 0a-@4 0a9@3   | a5 a5 a5
          a new owner reactivates an idle channel         | 2 | 0i5@1 1i3 0a-@2     | a- i5 a5
          epochs are the channel's own                    | 2 | 0a5@9 1a4@1         | a- a4
          """)
  void combines(String name, int channels, String steps, String expected) {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(channels);
    List<String> outputs = new ArrayList<>();
    String before = describe(combiner);
    for (String step : steps.split(" ")) {
      boolean changed = apply(combiner, step);
      String after = describe(combiner);
      assertThat(changed).as("changed by %s", step).isEqualTo(!after.equals(before));
      outputs.add(after);
      before = after;
    }
    assertThat(String.join(" ", outputs)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          an idle one is waited for                       | 2 | 0a50 1a40 1i40 0a60  | a- a40 a40 a40
          all idle are where the slowest is               | 2 | 0i50 1i40 1i50       | a- i40 i50
          time that goes on while all are idle            | 2 | 0i50 1i50 0i60 1i60  | a- i50 i50 i60
          one that fell behind while all are idle         | 3 | 0i50 1i50 2i50 0i99 1i99 2i99 | a- a- i50 i50 i50 i99
          idle without a watermark                        | 2 | 0i- 1i- 0i5 1i5      | a- i- i- i5
          a finished one is not waited for                | 2 | 0i50 1a40 1fmax      | a- a40 i50
          all finished                                    | 2 | 0i50 1a40 1fmax 0fmax | a- a40 i50 fmax
          active again                                    | 2 | 0i50 1i50 1a55 0a60  | a- i50 a50 a55
          """)
  void waitsForIdleTasksBehindAShuffle(String name, int channels, String steps, String expected) {
    WatermarkCombiner combiner = WatermarkCombiner.ofDerivedEventTime(channels);
    List<String> outputs = new ArrayList<>();
    for (String step : steps.split(" ")) {
      apply(combiner, step);
      outputs.add(describe(combiner));
    }
    assertThat(String.join(" ", outputs)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          idle still holds                | 2 | 0a10 1i5 1i12  | a- a5 a10
          all idle is still the minimum   | 2 | 0i10 1i5       | a- a5
          finished is left out            | 2 | 0a10 1i5 1f5   | a- a5 a10
          all finished is the end of time | 2 | 0f10 1f5       | a- fmax
          """)
  void ignoresIdlenessInProcessingTime(String name, int channels, String steps, String expected) {
    WatermarkCombiner combiner = WatermarkCombiner.ofProcessingTime(channels);
    List<String> outputs = new ArrayList<>();
    for (String step : steps.split(" ")) {
      apply(combiner, step);
      outputs.add(describe(combiner));
    }
    assertThat(String.join(" ", outputs)).isEqualTo(expected);
  }

  @Test
  void startsActiveAndUnknown() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(3);
    assertThat(describe(combiner)).isEqualTo("a-");
    assertThat(combiner.channels()).isEqualTo(3);
  }

  @Test
  void refusesToCombineNothing() {
    assertThatThrownBy(() -> WatermarkCombiner.ofEventTime(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void restoredLaggardDoesNotPullTimeBack() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(2);
    apply(combiner, "0a10");
    apply(combiner, "1i5");
    apply(combiner, "1a5");
    WatermarkCombiner restored = WatermarkCombiner.ofEventTime(2);
    restored.restore(combiner.snapshot());
    assertThat(describe(restored)).isEqualTo("a10");
    assertThat(apply(restored, "0a20")).isTrue();
    assertThat(describe(restored)).isEqualTo("a20");
  }

  @Test
  void restoredCombinerRemembersFormerOwners() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(1);
    apply(combiner, "0a10@7");
    WatermarkCombiner restored = WatermarkCombiner.ofEventTime(1);
    restored.restore(combiner.snapshot());
    assertThat(apply(restored, "0a20@6")).isFalse();
    assertThat(apply(restored, "0a20@7")).isTrue();
  }

  @Test
  void channelsThatTheSnapshotLacksHoldUntilTheySpeak() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(3);
    combiner.restore(
        new WatermarkCombiner.Snapshot(
            10, List.of(new WatermarkCombiner.Channel(ChannelStatus.ACTIVE, 1, 12))));
    assertThat(describe(combiner)).isEqualTo("a10");
    apply(combiner, "0a30@1");
    apply(combiner, "1a15");
    assertThat(describe(combiner)).isEqualTo("a10");
    apply(combiner, "2i-");
    assertThat(describe(combiner)).isEqualTo("a15");
  }

  /** What loads counts as active, and does so once. */
  @Test
  void whatIsLoadedStaysLoaded() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(3);
    combiner.beginLoading(1, 2);
    assertThat(combiner.isLoading(0, 1)).isFalse();
    assertThat(combiner.isLoading(0, 3)).isTrue();
    assertThat(describe(combiner)).isEqualTo("a-");
    apply(combiner, "0a30@1");
    combiner.update(1, ChannelStatus.LOADING, 1, 10, 0);
    combiner.update(2, ChannelStatus.ACTIVE, 1, 20, 0);
    assertThat(describe(combiner)).isEqualTo("a10");
    assertThat(combiner.isLoading(1, 1)).isTrue();
    assertThat(combiner.isLoading(2, 1)).isFalse();
    WatermarkCombiner restored = WatermarkCombiner.ofEventTime(3);
    restored.restore(combiner.snapshot());
    assertThat(restored.isLoading(1, 1)).isTrue();
    assertThat(restored.isLoading(2, 1)).isFalse();
    combiner.update(1, ChannelStatus.IDLE, 2, 10, 0);
    assertThat(describe(combiner)).isEqualTo("a20");
    combiner.update(1, ChannelStatus.LOADING, 3, 25, 0);
    combiner.update(2, ChannelStatus.LOADING, 3, 25, 0);
    assertThat(combiner.isLoading(0, 3)).as("a later owner").isFalse();
    assertThat(describe(combiner)).isEqualTo("a25");
  }

  @Test
  void restoringReplacesEverything() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(2);
    WatermarkCombiner.Snapshot fresh = combiner.snapshot();
    apply(combiner, "0f-@5");
    apply(combiner, "1f-@5");
    combiner.restore(fresh);
    assertThat(describe(combiner)).isEqualTo("a-");
    assertThat(combiner.snapshot()).isEqualTo(fresh);
  }

  @Test
  void refusesASnapshotOfMoreChannels() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(1);
    WatermarkCombiner.Snapshot wider = WatermarkCombiner.ofEventTime(2).snapshot();
    assertThatThrownBy(() -> combiner.restore(wider))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 > 1");
  }

  @Test
  void combinersNestForOperatorsOfSeveralInputs() {
    WatermarkCombiner left = WatermarkCombiner.ofEventTime(2);
    WatermarkCombiner right = WatermarkCombiner.ofEventTime(1);
    WatermarkCombiner both = WatermarkCombiner.ofEventTime(2);
    apply(left, "0a10");
    apply(left, "1a20");
    apply(right, "0a5");
    both.update(0, left.status(), 0, left.watermark(), 0);
    both.update(1, right.status(), 0, right.watermark(), 0);
    assertThat(describe(both)).isEqualTo("a5");
    apply(right, "0i-");
    both.update(1, right.status(), 0, right.watermark(), 0);
    assertThat(describe(both)).isEqualTo("a10");
  }

  /** Every sequence of six updates out of ten on two channels, against the naive recomputation. */
  @Test
  void agreesWithTheNaiveRulesInEveryOrder() {
    String[] alphabet = {"0a1", "0a2", "0i1", "0i3", "0f2", "1a1", "1a3", "1i2", "1f1", "1a2@1"};
    int length = 6;
    int sequences = (int) Math.pow(alphabet.length, length);
    Step[] steps = Arrays.stream(alphabet).map(Step::parse).toArray(Step[]::new);
    for (int sequence = 0; sequence < sequences; sequence++) {
      WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(2);
      NaiveCombiner naive = new NaiveCombiner(new long[2]);
      int rest = sequence;
      for (int i = 0; i < length; i++) {
        Step step = steps[rest % steps.length];
        rest /= steps.length;
        combiner.update(step.channel, step.status, step.ownerEpoch, step.watermark, 0);
        naive.update(step, 0);
        if (combiner.watermark() != naive.output || combiner.status() != naive.status()) {
          throw new AssertionError(
              "sequence " + sequence + ", step " + i + ": " + combiner + " but " + naive.output);
        }
      }
    }
  }

  @Test
  void agreesWithTheNaiveRulesOnRandomUpdates() {
    long seed = 20260801;
    Random random = new Random(seed);
    for (int round = 0; round < 400; round++) {
      int channels = 1 + random.nextInt(random.nextInt(4) == 0 ? 80 : 6);
      long[] graces = random.longs(channels, 0, 1 + random.nextInt(30)).toArray();
      WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(graces);
      NaiveCombiner naive = new NaiveCombiner(graces);
      long nanos = Long.MAX_VALUE - 300;
      int finishIn = 1 + random.nextInt(60);
      long time = random.nextInt(10) == 0 ? Long.MIN_VALUE + 5 : random.nextInt(100) - 50;
      for (int i = 0; i < 600; i++) {
        time += random.nextInt(3);
        nanos += random.nextInt(3);
        Step step = randomStep(random, channels, time, finishIn);
        long before = combiner.watermark();
        ChannelStatus statusBefore = combiner.status();
        boolean changed =
            combiner.update(step.channel, step.status, step.ownerEpoch, step.watermark, nanos);
        naive.update(step, nanos);
        if (random.nextBoolean()) {
          changed |= combiner.check(nanos);
          naive.check(nanos);
        }
        String at = "seed " + seed + ", round " + round + ", step " + i + " " + step;
        assertThat(combiner.watermark())
            .as(at)
            .isEqualTo(naive.output)
            .isGreaterThanOrEqualTo(before);
        assertThat(combiner.status()).as(at).isEqualTo(naive.status());
        assertThat(changed)
            .as(at)
            .isEqualTo(before != combiner.watermark() || statusBefore != combiner.status());
        if (random.nextInt(50) == 0) {
          WatermarkCombiner restored = WatermarkCombiner.ofEventTime(graces);
          restored.restore(combiner.snapshot());
          naive.restart(nanos);
          boolean ignored = restored.check(nanos);
          assertThat(restored.watermark()).as(at).isEqualTo(naive.output);
          assertThat(restored.status()).as(at).isEqualTo(naive.status());
          combiner = restored;
        }
      }
    }
  }

  /** As if those that stand by did not exist. */
  @Test
  void agreesWithACombinerThatHasNoBystanders() {
    long seed = 20260802;
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int channels = 2 + random.nextInt(5);
      long[] graces = random.longs(channels, 0, 1 + random.nextInt(30)).toArray();
      boolean[] bystanders = new boolean[channels];
      int[] place = new int[channels];
      int others = 0;
      for (int i = 0; i < channels; i++) {
        bystanders[i] = i > 0 && random.nextBoolean();
        place[i] = bystanders[i] ? -1 : others++;
      }
      long[] gracesOfOthers = new long[others];
      for (int i = 0; i < channels; i++) {
        if (place[i] >= 0) {
          gracesOfOthers[place[i]] = graces[i];
        }
      }
      boolean derived = round % 3 == 0;
      WatermarkCombiner all =
          (derived
                  ? WatermarkCombiner.ofDerivedEventTime(channels)
                  : WatermarkCombiner.ofEventTime(graces))
              .without(bystanders);
      WatermarkCombiner alone =
          derived
              ? WatermarkCombiner.ofDerivedEventTime(others)
              : WatermarkCombiner.ofEventTime(gracesOfOthers);
      long time = 0;
      for (int i = 0; i < 300; i++) {
        time += random.nextInt(3);
        Step step = randomStep(random, channels, time, 20);
        boolean changed =
            all.update(step.channel, step.status, step.ownerEpoch, step.watermark, time);
        boolean expected =
            place[step.channel] >= 0
                && alone.update(
                    place[step.channel], step.status, step.ownerEpoch, step.watermark, time);
        if (random.nextBoolean()) {
          assertThat(all.isGraceOver(time)).isEqualTo(alone.isGraceOver(time));
          changed |= all.check(time);
          expected |= alone.check(time);
        }
        String at = "seed " + seed + ", round " + round + ", step " + i + " " + step;
        assertThat(describe(all)).as(at).isEqualTo(describe(alone));
        assertThat(changed).as(at).isEqualTo(expected);
        if (random.nextInt(50) == 0) {
          WatermarkCombiner.Snapshot snapshot = all.snapshot();
          all = all.without(bystanders);
          all.restore(snapshot);
          alone.restore(alone.snapshot());
        }
      }
    }
  }

  @Test
  void whetherBystandersHaveEndedIsKnown() {
    WatermarkCombiner combiner =
        WatermarkCombiner.ofEventTime(3).without(new boolean[] {false, true, true});
    apply(combiner, "0a10");
    apply(combiner, "1fmax");
    assertThat(combiner.watermark(1, 2)).isEqualTo(10);
    apply(combiner, "2fmax");
    assertThat(combiner.watermark(1, 2)).isEqualTo(Watermarks.END_OF_TIME);
    assertThat(describe(combiner)).isEqualTo("a10");
    apply(combiner, "0fmax");
    assertThat(describe(combiner)).isEqualTo("fmax");
  }

  @Test
  void refusesToCombineBystandersOnly() {
    WatermarkCombiner combiner = WatermarkCombiner.ofEventTime(1);
    assertThatThrownBy(() -> combiner.without(new boolean[] {true}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Step randomStep(Random random, int channels, long time, int finishIn) {
    int kind = random.nextInt(100);
    ChannelStatus status =
        kind < 70
            ? ChannelStatus.ACTIVE
            : kind < 95 || random.nextInt(finishIn) != 0
                ? ChannelStatus.IDLE
                : ChannelStatus.FINISHED;
    long watermark =
        switch (random.nextInt(30)) {
          case 0 -> Watermarks.UNKNOWN;
          case 1 -> Watermarks.UNKNOWN + 1;
          case 2 -> status == ChannelStatus.FINISHED ? Watermarks.END_OF_TIME : time;
          default -> time - random.nextInt(20);
        };
    return new Step(random.nextInt(channels), status, random.nextInt(20) / 6, watermark);
  }

  private static boolean apply(WatermarkCombiner combiner, String text) {
    Step step = Step.parse(text);
    return combiner.update(step.channel, step.status, step.ownerEpoch, step.watermark, 0);
  }

  private static String describe(WatermarkCombiner combiner) {
    String watermark =
        combiner.watermark() == Watermarks.UNKNOWN
            ? "-"
            : combiner.watermark() == Watermarks.END_OF_TIME
                ? "max"
                : Long.toString(combiner.watermark());
    return switch (combiner.status()) {
      case ACTIVE, LOADING -> "a" + watermark;
      case IDLE -> "i" + watermark;
      case FINISHED -> "f" + watermark;
    };
  }

  private record Step(int channel, ChannelStatus status, long ownerEpoch, long watermark) {

    static Step parse(String text) {
      int at = text.indexOf('@');
      String watermark = text.substring(2, at < 0 ? text.length() : at);
      return new Step(
          text.charAt(0) - '0',
          switch (text.charAt(1)) {
            case 'a' -> ChannelStatus.ACTIVE;
            case 'i' -> ChannelStatus.IDLE;
            default -> ChannelStatus.FINISHED;
          },
          at < 0 ? 0 : Long.parseLong(text.substring(at + 1)),
          switch (watermark) {
            case "-" -> Watermarks.UNKNOWN;
            case "max" -> Watermarks.END_OF_TIME;
            default -> Long.parseLong(watermark);
          });
    }
  }

  /** The rules with explicit alignment, recomputed from scratch at every update. */
  private static final class NaiveCombiner {

    private final ChannelStatus[] statuses;
    private final boolean[] aligned;
    private final long[] epochs;
    private final long[] watermarks;
    private final long[] graces;
    private final long[] idleSince;
    private final boolean[] leftOut;
    private @Nullable Long wentOnNanos;
    private long output = Watermarks.UNKNOWN;

    NaiveCombiner(long[] graces) {
      int channels = graces.length;
      this.graces = graces;
      statuses = new ChannelStatus[channels];
      aligned = new boolean[channels];
      epochs = new long[channels];
      watermarks = new long[channels];
      idleSince = new long[channels];
      leftOut = new boolean[channels];
      Arrays.fill(statuses, ChannelStatus.ACTIVE);
      Arrays.fill(aligned, true);
      Arrays.fill(epochs, -1);
      Arrays.fill(watermarks, Watermarks.UNKNOWN);
    }

    void update(Step step, long nanos) {
      int c = step.channel;
      if (step.ownerEpoch < epochs[c]) {
        return;
      }
      epochs[c] = step.ownerEpoch;
      if (statuses[c] != ChannelStatus.FINISHED && step.status == ChannelStatus.ACTIVE) {
        boolean goesOn = step.watermark > watermarks[c];
        boolean allWereIdle = !any(ChannelStatus.ACTIVE);
        for (int i = 0; i < leftOut.length; i++) {
          boolean longAgo = wentOnNanos == null || nanos - wentOnNanos >= graces[i];
          if (statuses[i] == ChannelStatus.IDLE
              && (allWereIdle || (goesOn && graces[i] > 0 && longAgo))) {
            watermarks[i] = Math.max(watermarks[i], output);
            idleSince[i] = nanos;
            leftOut[i] = graces[i] == 0;
          }
        }
        if (goesOn) {
          wentOnNanos = nanos;
        }
      }
      watermarks[c] = Math.max(watermarks[c], step.watermark);
      if (statuses[c] != ChannelStatus.FINISHED) {
        if (statuses[c] != step.status) {
          idleSince[c] = nanos;
          leftOut[c] = graces[c] == 0;
        }
        statuses[c] = step.status;
      }
      settle();
    }

    void check(long nanos) {
      for (int i = 0; i < leftOut.length; i++) {
        leftOut[i] |= nanos - idleSince[i] >= graces[i];
      }
      settle();
    }

    /** Idle channels are waited for anew, at the output. */
    void restart(long nanos) {
      wentOnNanos = null;
      for (int i = 0; i < leftOut.length; i++) {
        if (statuses[i] == ChannelStatus.IDLE) {
          idleSince[i] = nanos;
          leftOut[i] = graces[i] == 0;
          if (!leftOut[i]) {
            watermarks[i] = Math.max(watermarks[i], output);
          }
        }
      }
      settle();
    }

    private void settle() {
      List<Long> candidates = new ArrayList<>();
      for (int i = 0; i < aligned.length; i++) {
        aligned[i] = isWaitedFor(i) && (aligned[i] || watermarks[i] >= output);
        if (aligned[i]) {
          candidates.add(watermarks[i]);
        }
      }
      if (anyWaitedFor()) {
        candidates.stream().min(Long::compare).ifPresent(this::emit);
      } else if (any(ChannelStatus.IDLE)) {
        for (int i = 0; i < statuses.length; i++) {
          if (statuses[i] == ChannelStatus.IDLE) {
            candidates.add(watermarks[i]);
          }
        }
        candidates.stream().max(Long::compare).ifPresent(this::emit);
      } else {
        emit(Watermarks.END_OF_TIME);
      }
    }

    private boolean isWaitedFor(int channel) {
      return statuses[channel] == ChannelStatus.ACTIVE
          || (statuses[channel] == ChannelStatus.IDLE && !leftOut[channel]);
    }

    private boolean anyWaitedFor() {
      boolean any = false;
      for (int i = 0; i < statuses.length; i++) {
        any |= isWaitedFor(i);
      }
      return any;
    }

    ChannelStatus status() {
      if (anyWaitedFor()) {
        return ChannelStatus.ACTIVE;
      }
      return any(ChannelStatus.IDLE) ? ChannelStatus.IDLE : ChannelStatus.FINISHED;
    }

    private void emit(long watermark) {
      if (watermark > output) {
        output = watermark;
      }
    }

    private boolean any(ChannelStatus status) {
      return Arrays.asList(statuses).contains(status);
    }
  }
}
