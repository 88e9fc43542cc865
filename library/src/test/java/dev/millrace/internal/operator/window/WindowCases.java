package dev.millrace.internal.operator.window;

import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Emission;
import dev.millrace.window.Triggers;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What windows do, as a table.
 *
 * <p>Events: {@code a@9} a record of key a at time 9 with value 1, {@code a@9=5} with value 5,
 * {@code w20} the watermark, {@code c100} the clock, {@code |} a commit. Times are milliseconds, or
 * names of {@link #time}. Results: {@code a[0,10)=3} the sum of the values; {@code +} and {@code -}
 * ahead of it for tables; {@code late:a@9}, {@code gaps:2} for the rest.
 */
final class WindowCases {

  /**
   * One line of the table.
   *
   * @param group what it belongs to
   * @param says what it shows
   */
  record Case(
      String group,
      String says,
      WindowSpec<Object> window,
      long latenessMs,
      @Nullable Emission emission,
      String events,
      String results) {

    boolean isTable() {
      return latenessMs > 0 || emission != null;
    }

    @Override
    public String toString() {
      return group + ": " + says;
    }
  }

  private final List<Case> cases = new ArrayList<>();
  private String group = "";
  private WindowSpec<Object> window = Windows.tumbling(Duration.ofMillis(10));
  private long latenessMs;
  private @Nullable Emission emission;

  static List<Case> all() {
    WindowCases table = new WindowCases();
    table.tumbling();
    table.sliding();
    table.cumulative();
    table.calendar();
    table.sessions();
    table.triggers();
    table.lateness();
    table.emission();
    return table.cases;
  }

  private void tumbling() {
    of("tumbling", Windows.tumbling(ms(10)));
    says("the end belongs to the next window", "a@9 a@10 w20", "a[0,10)=1 a[10,20)=1");
    says("nothing closes below the end", "a@9 w9", "");
    says("the window closes when the watermark is at its end", "a@0 w10", "a[0,10)=1");
    says("keys are apart", "a@1 b@2 a@3 w10", "a[0,10)=2 b[0,10)=1");
    says(
        "windows close in the order of time",
        "a@25 a@5 a@15 w30",
        "a[0,10)=1 a[10,20)=1 a[20,30)=1");
    says("negative times floor", "a@-1 a@-10 a@-11 w0", "a[-20,-10)=1 a[-10,0)=2");
    says("a record at the watermark is on time", "w10 a@10 w20", "a[10,20)=1");
    says(
        "a record of an open window is on time behind the watermark", "w15 a@11 w20", "a[10,20)=1");
    says("a record of a closed window is late", "w10 a@9 w20", "late:a@9");
    says("lateness begins exactly with the end", "w9 a@9 w10 a@9 w20", "a[0,10)=1 late:a@9");
    says(
        "a watermark that goes back changes nothing", "w20 w5 a@9 a@25 w30", "late:a@9 a[20,30)=1");
    says("the same watermark again fires nothing again", "a@1 w10 w10 w10", "a[0,10)=1");
    says("the end of time closes all", "a@1 a@1000000 wMAX", "a[0,10)=1 a[1000000,1000010)=1");
    says("nothing is left open at the largest time", "a@MAX wMAX", "a[9223372036854775800,MAX)=1");
    says("the smallest time has a window", "a@MIN wMIN+10", "a[MIN,-9223372036854775800)=1");
    says("far ahead stays open", "a@5000 a@5 w10", "a[0,10)=1");
    says("nobody came", "w10 w20 wMAX", "");
    of("tumbling with offset", Windows.tumbling(ms(10), ms(3)));
    says("windows start at the offset", "a@2 a@3 a@12 a@13 w23", "a[-7,3)=1 a[3,13)=2 a[13,23)=1");
    says("negative times floor to the offset", "a@-8 a@-7 w3", "a[-17,-7)=1 a[-7,3)=1");
    of("tumbling by 1", Windows.tumbling(ms(1)));
    says("each millisecond is a window", "a@5 a@5 a@6 w7", "a[5,6)=2 a[6,7)=1");
  }

  private void sliding() {
    of("sliding", Windows.sliding(ms(10), ms(5)));
    says("a record counts in each window over it", "a@7 w20", "a[0,10)=1 a[5,15)=1");
    says("a record at a slide begins a window", "a@5 w20", "a[0,10)=1 a[5,15)=1");
    says("windows before the epoch", "a@-3 a@2 w20", "a[-10,0)=1 a[-5,5)=2 a[0,10)=1");
    says("slices add up", "a@1 a@6 a@11 w20 w25", "a[-5,5)=1 a[0,10)=2 a[5,15)=2 a[10,20)=1");
    says(
        "late for some, it counts in the others",
        "a@1 w10 a@7 w20",
        "a[-5,5)=1 a[0,10)=1 a[5,15)=1");
    says("late for all of them", "a@1 w15 a@7 w20", "a[-5,5)=1 a[0,10)=1 late:a@7");
    says("a closed window stays closed though it was empty", "w10 a@8 w20", "a[5,15)=1");
    says(
        "a long silence is passed over",
        "a@1 w1000 a@1001 w2000",
        "a[-5,5)=1 a[0,10)=1 a[995,1005)=1 a[1000,1010)=1");
    says("the end of time closes all", "a@1 wMAX", "a[-5,5)=1 a[0,10)=1");
    says(
        "windows that reach the end of time are one, and close once",
        "a@MAX wMAX wMAX",
        "a[9223372036854775797,MAX)=1");
    says(
        "a record short of the end of time counts in the one ahead as well",
        "a@9223372036854775802 wMAX wMAX",
        "a[9223372036854775795,9223372036854775805)=1 a[9223372036854775797,MAX)=1");
    of("sliding by an odd step", Windows.sliding(ms(10), ms(4)));
    says("slices are the common divisor", "a@0 a@5 w30", "a[-8,2)=1 a[-4,6)=2 a[0,10)=2 a[4,14)=1");
    of("sliding of one size", Windows.sliding(ms(10), ms(10)));
    says("is tumbling", "a@9 a@10 w20", "a[0,10)=1 a[10,20)=1");
    of("sliding with gaps", Windows.sliding(ms(5), ms(10)));
    says("records in a gap count nowhere", "a@4 a@5 a@9 a@10 w20", "a[0,5)=1 a[10,15)=1 gaps:2");
    says("gaps lie before the epoch too", "a@-1 a@-6 a@-10 w20", "a[-10,-5)=2 gaps:1");
  }

  private void cumulative() {
    of("cumulative", Windows.cumulative(ms(5), ms(15)));
    says("windows grow from the same start", "a@1 a@7 a@14 w15", "a[0,5)=1 a[0,10)=2 a[0,15)=3");
    says(
        "and start over",
        "a@1 a@16 w30",
        "a[0,5)=1 a[0,10)=1 a[0,15)=1 a[15,20)=1 a[15,25)=1 a[15,30)=1");
    says("late for the short ones", "w10 a@7 w15", "a[0,15)=1");
    says("late for all of them", "w15 a@14 w30", "late:a@14");
    says("steps before the epoch", "a@-1 w0", "a[-15,0)=1");
  }

  private void calendar() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    of("calendar", Windows.calendar(CalendarUnit.DAY, berlin));
    // 2026-03-29: 23 hours, from 2026-03-28T23:00Z to 2026-03-29T22:00Z.
    says(
        "a day of 23 hours",
        "a@1774738799999 a@1774738800000 a@1774821599999 a@1774821600000 w1774908000000",
        "a[1774652400000,1774738800000)=1 a[1774738800000,1774821600000)=2"
            + " a[1774821600000,1774908000000)=1");
    // 2026-10-25: 25 hours, from 2026-10-24T22:00Z to 2026-10-25T23:00Z.
    says(
        "a day of 25 hours",
        "a@1792879200000 a@1792969199999 a@1792969200000 w1793055600000",
        "a[1792879200000,1792969200000)=2 a[1792969200000,1793055600000)=1");
    of("calendar months", Windows.calendar(CalendarUnit.MONTH, ZoneId.of("UTC")));
    says(
        "February of a leap year",
        "a@1706745600000 a@1709251199999 a@1709251200000 w1709251200000",
        "a[1706745600000,1709251200000)=2");
  }

  private void sessions() {
    of("session", Windows.session(ms(10)));
    says("one record opens a gap", "a@5 w16", "a[5,15)=1");
    says("records within the gap are one session", "a@5 a@14 w25", "a[5,24)=2");
    says("sessions that touch become one", "a@5 a@15 w26", "a[5,25)=2");
    says("one more and they are two", "a@5 a@16 w27", "a[5,15)=1 a[16,26)=1");
    says("a record between merges two", "a@5 a@25 a@15 w40", "a[5,35)=3");
    says("merging in any order: middle first", "a@15 a@5 a@25 w40", "a[5,35)=3");
    says("merging in any order: backwards", "a@25 a@15 a@5 w40", "a[5,35)=3");
    says(
        "three sessions become one at once",
        "a@0 a@22 a@11 a@33 w60",
        "a[0,10)=1 a[11,21)=1 a[22,32)=1 a[33,43)=1");
    says("a bridge over two gaps", "a@0 a@20 a@40 a@10 a@30 w60", "a[0,50)=5");
    says("it stays open while records come", "a@0 w5 a@9 w15 a@18 w28 w29", "a[0,28)=3");
    says("at its end a session can still be joined on time", "a@5 w15 a@15 w30", "a[5,25)=2");
    says("keys are apart", "a@5 b@6 w20", "a[5,15)=1 b[6,16)=1");
    says("an old record may join an open session", "a@20 w25 a@11 w40", "a[11,30)=2");
    says("an old record that joins none is late", "a@30 w25 a@11 w50", "late:a@11 a[30,40)=1");
    says("late exactly with its own end", "w15 a@5 w20", "late:a@5");
    says("on time just before", "w14 a@5 w20", "a[5,15)=1");
    says("a session behind a closed one is another", "a@5 w16 a@16 w30", "a[5,15)=1 a[16,26)=1");
    says("a closed session is not joined", "a@5 w16 a@10 w30", "a[5,15)=1 a[10,20)=1");
    says("negative times", "a@-20 a@-15 w0", "a[-20,-5)=2");
    says("the end of time closes it", "a@5 wMAX", "a[5,15)=1");
    says("a session can reach the end of time", "a@MAX wMAX", "a[MAX,MAX)=1");
  }

  private void triggers() {
    of("count", Windows.count(3));
    says("every third record fires", "a@1 a@5 a@3 a@9", "a[1,6)=3");
    says("keys count for themselves", "a@1 b@1 a@2 b@2 a@3", "a[1,4)=3");
    says("the next pane begins empty", "a@1 a@2 a@3 a@7 a@8 a@9 w100", "a[1,4)=3 a[7,10)=3");
    says("what is left is not emitted", "a@1 a@2 wMAX", "");
    says("nothing is late for it", "w100 a@1 a@2 a@3", "a[1,4)=3");
    of("count of one", Windows.count(1));
    says("each record is a window", "a@5=7 a@5=8", "a[5,6)=7 a[5,6)=8");
    of("global by event time", Windows.global(Triggers.afterEventTime(ms(10))));
    says("fires that long after the first", "a@5 a@12 w14 w15 a@16 w26", "a[5,13)=2 a[16,17)=1");
    says("an earlier record moves the deadline", "a@5 a@2 w12", "a[2,6)=2");
    says("the end of time fires it", "a@5 wMAX", "a[5,6)=1");
    of("global by the clock", Windows.global(Triggers.afterProcessingTime(ms(10))));
    says("fires that long after it was opened", "c100 a@5 a@7 c109 c110", "a[5,8)=2");
    of(
        "global by either",
        Windows.global(
            Triggers.either(Triggers.count(2), Triggers.<Object>afterProcessingTime(ms(10)))));
    says("whichever comes first", "c100 a@5 a@6 a@7 c110 c111", "a[5,7)=2 a[7,8)=1");
  }

  private void lateness() {
    late("tumbling with lateness", Windows.tumbling(ms(10)), 5);
    says("says it when it closes", "a@1 w10 |", "+a[0,10)=1");
    says("corrects it within the lateness", "a@1 w10 | a@2 |", "+a[0,10)=1 -a[0,10)=1 +a[0,10)=2");
    says(
        "two corrections in a commit are one",
        "a@1 w10 | a@2 a@3 |",
        "+a[0,10)=1 -a[0,10)=1 +a[0,10)=3");
    says("one short of the line is in time", "a@1 w14 a@2 |", "+a[0,10)=1 -a[0,10)=1 +a[0,10)=2");
    says("on the line it is late", "a@1 w15 a@2 |", "+a[0,10)=1 late:a@2");
    says("the first record can come late", "w10 a@2 |", "+a[0,10)=1");
    says(
        "a correction is said before its window expires",
        "a@1 w10 | a@2 w15 |",
        "+a[0,10)=1 -a[0,10)=1 +a[0,10)=2");
    says("equal before and after says nothing", "a@1 w10 | a@2=0 |", "+a[0,10)=1");
    says("nothing is left open at the largest time", "a@MAX wMAX", "+a[9223372036854775800,MAX)=1");
    late("sliding with lateness", Windows.sliding(ms(10), ms(5)), 5);
    says(
        "corrects the closed and not the expired",
        "a@1 w10 | a@2 w20 |",
        "+a[-5,5)=1 +a[0,10)=1 -a[0,10)=1 +a[0,10)=2");
    says(
        "windows that reach the end of time are one, and close once",
        "a@MAX wMAX wMAX",
        "+a[9223372036854775797,MAX)=1");
    late("session with lateness", Windows.session(ms(10)), 30);
    says("a closed session can grow", "a@5 w16 | a@14 w25 |", "+a[5,15)=1 -a[5,15)=1 +a[5,24)=2");
    says(
        "said sessions that merge are taken back",
        "a@5 a@25 w36 | a@15 |",
        "+a[5,15)=1 +a[25,35)=1 -a[5,15)=1 -a[25,35)=1 +a[5,35)=3");
    says(
        "lateness counts for the merged window",
        "a@5 a@20 w34 | a@11 w60 |",
        "+a[5,15)=1 +a[20,30)=1 -a[5,15)=1 -a[20,30)=1 +a[5,30)=3");
    says("beyond it a record is late", "a@5 w46 | a@6 |", "+a[5,15)=1 late:a@6");
    says("nothing is left open at the largest time", "a@MAX wMAX", "+a[MAX,MAX)=1");
  }

  private void emission() {
    early("tumbling on update", Windows.tumbling(ms(10)), Emission.onUpdate());
    says(
        "each commit says what has changed",
        "a@1 | a@2 | w10 |",
        "+a[0,10)=1 -a[0,10)=1 +a[0,10)=2");
    says("once per commit", "a@1 a@2 a@3 | w10 |", "+a[0,10)=3");
    says("late records are late all the same", "a@1 | w10 | a@2 |", "+a[0,10)=1 late:a@2");
    says("a window that closes before it was said is said", "a@1 w10 |", "+a[0,10)=1");
    early("sliding on update", Windows.sliding(ms(10), ms(5)), Emission.onUpdate());
    says("all windows over a record", "a@7 | w20 |", "+a[0,10)=1 +a[5,15)=1");
    early("session on update", Windows.session(ms(10)), Emission.onUpdate());
    says(
        "a session that grows is another row",
        "a@5 | a@9 | w30 |",
        "+a[5,15)=1 -a[5,15)=1 +a[5,19)=2");
    early("tumbling every 100", Windows.tumbling(ms(10)), Emission.every(ms(100)));
    says(
        "says what has changed once per period",
        "c0 a@1 | a@2 | c99 | c100 | a@3 | w10 |",
        "+a[0,10)=2 -a[0,10)=2 +a[0,10)=3");
    says("and nothing if nothing has", "c0 a@1 | c100 | c200 | c300 | w10 |", "+a[0,10)=1");
    early("session every 100", Windows.session(ms(10)), Emission.every(ms(100)));
    says(
        "says open sessions once per period",
        "c0 a@1 | c100 | a@2 | w50 |",
        "+a[1,11)=1 -a[1,11)=1 +a[1,12)=2");
  }

  private void of(String name, WindowSpec<Object> spec) {
    group = name;
    window = spec;
    latenessMs = 0;
    emission = null;
  }

  private void late(String name, WindowSpec<Object> spec, long lateness) {
    of(name, spec);
    latenessMs = lateness;
  }

  private void early(String name, WindowSpec<Object> spec, Emission newEmission) {
    of(name, spec);
    emission = newEmission;
  }

  private void says(String what, String events, String results) {
    cases.add(new Case(group, what, window, latenessMs, emission, events, results));
  }

  /** {@return a time: a number, MIN, MAX, or MIN plus a number} */
  static long time(String text) {
    if (text.equals("MAX")) {
      return Long.MAX_VALUE;
    }
    if (text.startsWith("MIN")) {
      return Long.MIN_VALUE + (text.length() > 3 ? Long.parseLong(text.substring(4)) : 0);
    }
    return Long.parseLong(text);
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
