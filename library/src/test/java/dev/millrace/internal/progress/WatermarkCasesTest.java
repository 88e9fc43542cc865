package dev.millrace.internal.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Watermark cases from records to the task behind a shuffle, through real frames and metadata.
 *
 * <p>Settings: {@code n} partitions (2), {@code bound} (0), {@code future} limit (1 h), {@code
 * clock} distance (none), {@code drift} (none), {@code wall} clock (1000000); all in milliseconds.
 *
 * <p>Steps, of partition p: {@code p@t} a record of event time t ({@code p@t!} one that is too far
 * ahead), {@code pq} quiet, {@code pe} at its end, {@code pl} lagging, {@code pp} paused, {@code
 * pf} finished, {@code pr} taken over after its last commit, {@code pw} and {@code pg} is told to
 * wait and to go on; {@code +d} both clocks go on by d, {@code w-d} the wall clock alone is set
 * back; {@code r} the task behind is taken over; {@code =x} the task behind says x: status a, i or
 * f, and watermark, {@code -} for unknown, {@code max} for the end of time.
 */
final class WatermarkCasesTest {

  private static final String MIN = Long.toString(Long.MIN_VALUE);
  private static final String MAX = Long.toString(Long.MAX_VALUE);

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          the slowest partition counts                        |                  | 0@50 1@40 =a40 1@60 =a50
          a partition that never spoke holds everything       |                  | 0@50 0@90 =a-
          a record exactly at the bound moves nothing         | n=1 bound=10     | 0@50 0@50 =a40
          one millisecond more moves it by one                | n=1 bound=10     | 0@50 0@51 =a41
          out of order within the bound moves nothing         | n=1 bound=10     | 0@50 0@41 0@40 =a40
          behind the bound moves nothing either               | n=1 bound=10     | 0@50 0@3 =a40
          negative times                                      | n=1 bound=10     | 0@-50 =a-60 0@-45 =a-55
          from negative to positive                           |                  | 0@-1 1@0 =a-1 0@1 =a0
          time zero is a time                                 |                  | 0@0 1@0 =a0
          the lowest time there is says nothing               | n=1              | 0@MIN =a-
          one more than the lowest is a watermark             | n=1              | 0@-9223372036854775807 =a-9223372036854775807
          a bound saturates at the lowest                     | n=1 bound=10     | 0@-9223372036854775801 =a-
          a bound wider than all of time                      | n=1 bound=MAX    | 0@500 =a-9223372036854775307
          the highest time is not the end of time             | n=1 future=MAX   | 0@MAX =a9223372036854775806
          a record at the future limit counts                 | n=1 future=500   | 0@1000500 =a1000500
          a record beyond it does not                         | n=1 future=500   | 0@7 0@1000501! =a7
          far future alone leaves the watermark unknown       | n=1              | 0@MAX! =a-
          far future does not hold back what follows          | n=1              | 0@MAX! 0@5 =a5
          the limit moves with the clock                      | n=1 future=500   | 0@1000501! +1 0@1000501 =a1000501
          a clock set back believes less                      | n=1 future=500   | 0@1000100 w-1000 0@1000101! =a1000100
          a clock set back does not take time back            | n=1 clock=0      | 0@5 0q +100 0e +100 0e =i1000200 w-5000 0e =i1000200
          a record that is too far ahead ends idleness        | n=1              | 0@5 0q +100 0e +100 =i5 0@MAX! =a5
          idle only after the timeout                         |                  | 0@50 1@40 1q +99 1e =a40 +1 1e +100 =a50
          idle only when the end was asked for                |                  | 0@50 1@40 1q +500 1q =a40 1e +100 =a50
          idle without ever having spoken                     |                  | 0@50 1q +100 1e +100 =a50
          lagging is never idle                               |                  | 0@50 1@40 1l +500 1l =a40
          paused is never idle                                |                  | 0@50 1@40 1p +500 1p =a40
          a pause starts idle time anew                       |                  | 0@50 1@40 1q +90 1p 1q +99 1e =a40 +1 1e +100 =a50
          an open transaction at the end is no silence        |                  | 0@50 1@40 1q +100 1l 1q +99 1e =a40
          a record starts idle time anew                      |                  | 0@50 1@40 1q +90 1@41 1q +99 1e =a41 +1 1e +100 =a50
          resumed in time takes part again                    |                  | 0@50 1q +100 1e +100 =a50 1@55 0@90 =a55
          a resumed laggard does not take time back           |                  | 0@50 1q +100 1e +100 =a50 1@45 =a50
          a resumed laggard is ignored until it catches up    |                  | 0@50 1q +50 0@55 +50 1e 0@60 +50 0@65 +50 0@70 =a70 1@45 0@90 =a90 1@90 0@99 =a90
          an idle one that has records again holds            |                  | 0@50 1@50 1q +100 1e +100 1l 0@90 =a50
          a partition that joins late is not waited for before|                  | 0@50 1q +50 0@55 +50 1e 0@60 +50 0@65 +50 0@80 =a80 1@70 =a80 1@85 0@99 =a85
          all idle go on to the newest                        |                  | 0@50 1@40 0q 1q +100 0e 1e +100 =i50
          all idle without any record                         |                  | 0q 1q +100 0e 1e +100 =i-
          all idle and one comes back                         |                  | 0@50 1@40 0q 1q +100 0e 1e +100 0@60 =a50 +100 =a60
          all idle and the laggard comes back                 |                  | 0@50 1@40 0q 1q +100 0e 1e +100 1@45 =a50 1@60 =a50 +100 =a60
          after a pause of all the first waits for the others |                  | 0@50 1@50 0q 1q +100 0e 1e +100 =i50 +60000 0@110 =a50 +99 1@51 =a51 1@120 =a110
          after a pause of all the laggard takes part at once |                  | 0@50 1@40 0q 1q +100 0e 1e +100 =i50 +60000 1@45 0@110 =a50 1@70 =a70
          after a pause the silent one is left out again      |                  | 0@50 1@50 0q 1q +100 0e 1e +100 +60000 0@110 +99 =a50 +1 =a110
          a pause shorter than the timeout                    |                  | 0@50 1@50 0q 1q +100 0e 1e +99 0@110 +99 =a50 1@51 =a51
          idle just after the others have resumed             |                  | 0@50 1@50 0q 1q +99 0@110 +1 1e +99 =a50 1@51 =a51
          the pause of a partition that others went on without|                  | 0@50 1@50 1q +50 0@60 +50 1e 0@70 +50 0@80 +50 0@90 =a90 0q +100 0e +100 =i90 1@60 0@99 =a90 1@95 =a95
          after none has gone on the idle one is waited for   |                  | 0@50 1@50 1q +50 0@60 +50 1e 0@70 +50 0@80 +50 0@90 =a90 +100 0@99 =a90 +99 1@95 =a95
          a takeover in a pause lets nobody go on alone       |                  | 0@50 1@50 0q 1q +50 0r +50 1e +99 0q 0@110 +50 1@51 =a51
          a takeover behind after the pause still waits       |                  | 0@50 1@50 0q 1q +100 0e 1e +100 +60000 r 0@110 +99 =a50 1@51 =a51
          all idle with the clock                             | clock=10         | 0@50 1@40 0q 1q +100 0e 1e +100 0e 1e =i1000190 +7 0e =i1000197
          one active holds against the clock                  | clock=10         | 0@50 1@40 0q +100 0e +100 =a40
          the clock does not take back what records said      | n=1 clock=10     | 0@1003000 0q +100 0e +100 =i1003000
          finished is not waited for                          |                  | 0@50 1@40 1f =a50
          finished without a record                           |                  | 0@50 1f =a50
          finished is for good                                |                  | 0@50 1@40 1f 1r 0@60 =a60
          all finished is the end of time                     |                  | 0@50 0f 1f =fmax
          finished beside idle is idle at the idle one's      |                  | 0@50 1@40 1f 0q +100 0e +100 =i50
          idle and then finished                              |                  | 0@50 1@40 0q 1q +100 0e 1e +100 0f 1f =fmax
          the end of time stays over a takeover               |                  | 0f 1f r =fmax 0r 1r =fmax
          a takeover behind keeps the watermark               |                  | 0@50 1@40 r =a40
          a takeover behind keeps what the fast one said      |                  | 0@50 1@40 r 1@70 =a50
          a takeover behind keeps who is idle                 |                  | 0@50 1@40 1q +100 1e +100 r 0@90 =a50 +100 =a90
          a takeover behind keeps who has finished            |                  | 0@50 1@40 1f r 0@90 =a90
          a takeover behind keeps the highest of the idle     | n=3              | 0@50 1@90 2@40 0q 1q +100 0e 1e +100 =a40 r 2q +100 2e +100 =i90
          a takeover of a source keeps its watermark          | n=1 bound=10     | 0@50 0r 0@30 =a40 0@60 =a50
          a takeover of an idle source lets it wake           |                  | 0@50 1@40 1q +50 0@55 +50 1e 0@60 +50 0@65 +50 =a65 1r 0@90 =a90
          a new owner with a slower clock takes nothing back  | n=1 clock=0      | 0@5 0q +100 0e +100 0e =i1000200 w-9000 0r 0q +100 0e +100 0e =i1000200
          aligned: too far ahead waits                        | drift=100        | 0@50 1@150 1g 1@151 1w 0g
          aligned: goes on when enough was caught up          | drift=100        | 0@50 1@160 1w 0@84 1w 0@85 1g
          aligned: an idle one is not waited for              | drift=100        | 0@50 1@500 1w 0q +100 0e +100 1g =a500
          aligned: a finished one is not waited for           | drift=100        | 0@50 1@500 1w 0f 1g =a500
          aligned: a silent unknown one is not waited for     | drift=100        | 1@500 1g 0@50 1w
          aligned: who waits is not idle                      | drift=100        | 0@50 1@500 1w 1p +500 1p =a50
          aligned: the laggard that comes back is waited for  | drift=100        | 0@50 1@60 0q +100 0e +100 1@500 1g 0@51 1w
          """)
  void timeIsAsSpecified(String name, String settings, String steps) throws Exception {
    TimeRig rig = rig(settings == null ? "" : settings);
    long before = Long.MIN_VALUE;
    for (String step : steps.split(" ")) {
      String at = name + ", step " + step;
      if (step.startsWith("=")) {
        assertThat(said(rig)).as(at).isEqualTo(step.substring(1));
        continue;
      }
      apply(rig, step, at);
      assertThat(rig.behind().eventTime()).as(at).isGreaterThanOrEqualTo(before);
      before = rig.behind().eventTime();
    }
  }

  private static TimeRig rig(String settings) {
    int partitions = 2;
    Watermarks<Object> strategy = Watermarks.monotonous();
    List<String> rest = new ArrayList<>();
    for (String setting : settings.split(" ")) {
      if (setting.startsWith("n=")) {
        partitions = Integer.parseInt(setting.substring(2));
      } else if (setting.startsWith("bound=")) {
        strategy = Watermarks.boundedOutOfOrderness(millis(setting));
      } else if (!setting.isEmpty()) {
        rest.add(setting);
      }
    }
    strategy = strategy.idleness(Duration.ofMillis(200));
    for (String setting : rest) {
      strategy =
          switch (setting.substring(0, setting.indexOf('='))) {
            case "future" -> strategy.maxFuture(millis(setting));
            case "clock" -> strategy.advanceWithClock(millis(setting));
            case "drift" -> strategy.maxDrift(millis(setting));
            default -> throw new IllegalArgumentException(setting);
          };
    }
    return new TimeRig(partitions, strategy);
  }

  private static Duration millis(String setting) {
    return Duration.ofMillis(number(setting.substring(setting.indexOf('=') + 1)));
  }

  private static long number(String text) {
    return Long.parseLong(text.replace("MIN", MIN).replace("MAX", MAX));
  }

  private static void apply(TimeRig rig, String step, String at) throws Exception {
    if (step.startsWith("+")) {
      rig.wallMs += number(step.substring(1));
      rig.nanos += number(step.substring(1)) * 1_000_000;
      rig.read(0);
    } else if (step.startsWith("w")) {
      rig.wallMs += number(step.substring(1));
    } else if (step.equals("r")) {
      rig.commitBehind();
      rig.takeOverBehind();
    } else {
      applyToPartition(rig, step.charAt(0) - '0', step.substring(1), at);
    }
    while (rig.hasUnread()) {
      rig.read(1);
    }
  }

  private static void applyToPartition(TimeRig rig, int partition, String what, String at)
      throws Exception {
    switch (what.charAt(0)) {
      case '@' -> {
        boolean believed = !what.endsWith("!");
        long time = number(what.substring(1).replace("!", ""));
        assertThat(rig.record(partition, time)).as(at).isEqualTo(believed);
      }
      case 'q' -> rig.check(partition, SourceProgress.QUIET);
      case 'e' -> rig.check(partition, SourceProgress.CAUGHT_UP);
      case 'l' -> rig.check(partition, SourceProgress.LAGGING);
      case 'p' -> rig.check(partition, SourceProgress.PAUSED);
      case 'f' -> rig.finish(partition);
      case 'r' -> rig.takeOverSource(partition);
      case 'w', 'g' -> {
        rig.align();
        assertThat(rig.waiting(partition))
            .as(at)
            .isEqualTo(what.equals("w") ? SourceAlignment.Waiting.YES : SourceAlignment.Waiting.NO);
      }
      default -> throw new IllegalArgumentException(what);
    }
    rig.commitSource(partition);
  }

  private static String said(TimeRig rig) {
    ChannelStatus status = rig.behind().status();
    long watermark = rig.behind().eventTime();
    return switch (status) {
          case ACTIVE -> "a";
          case IDLE -> "i";
          case FINISHED -> "f";
          case LOADING -> "l";
        }
        + (watermark == Long.MIN_VALUE
            ? "-"
            : watermark == Long.MAX_VALUE ? "max" : Long.toString(watermark));
  }
}
