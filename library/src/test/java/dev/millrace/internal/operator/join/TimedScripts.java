package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The scripts of joins of streams and of lookups as of event time, laid out in time so that they
 * can run side by side in one job.
 *
 * <p>There is one watermark for all of them. So those with the same watermarks share a stretch of
 * time, and these follow each other: a script is at its place in time long after the stretches
 * before, and long before those after it. What comes before its first watermark is sent at the
 * beginning, for all scripts.
 */
final class TimedScripts {

  /** A kind of script; joins and keys are called after it. */
  enum Family {
    AFTER,
    TUMBLING,
    TEMPORAL,
    /** Only moves time. */
    TICK;

    String join(JoinKind kind) {
      return name().toLowerCase(Locale.ROOT) + "-" + kind.verb();
    }

    static Family of(JoinBounds bounds) {
      return bounds.equals(JoinCases.AFTER) ? AFTER : TUMBLING;
    }
  }

  /** A record of either input. */
  record Row(Family family, int number, String key, String value, long timeMs) {

    String text() {
      return family + "|" + number + "|" + key + "|" + value + "|" + timeMs;
    }

    static Row parsed(String text) {
      String[] parts = text.split("\\|");
      return new Row(
          Family.valueOf(parts[0]),
          Integer.parseInt(parts[1]),
          parts[2],
          parts[3],
          Long.parseLong(parts[4]));
    }

    /** {@return its key among all scripts} */
    String place() {
      return TimedScripts.place(family, number, key);
    }
  }

  /**
   * A script.
   *
   * @param number its number in its table of cases
   */
  record Script(Family family, int number, List<String> steps) {

    private List<String> watermarks() {
      return steps.stream().filter(Script::isWatermark).toList();
    }

    private static boolean isWatermark(String step) {
      return step.startsWith("W ");
    }

    /** {@return the places of all its keys} */
    Set<String> places() {
      Set<String> places = new LinkedHashSet<>();
      for (String step : steps) {
        if (!isWatermark(step)) {
          places.add(place(family, number, parts(step)[0]));
        }
      }
      return places;
    }

    /** {@return the key of what has a value; a text such as {@code a+x@15} begins with one} */
    String placeOf(String result) {
      String[] values = result.substring(0, result.indexOf('@')).split("\\+");
      String value = values[0].equals("-") ? values[1] : values[0];
      for (String step : steps) {
        if (!isWatermark(step) && parts(step)[1].equals(value)) {
          return place(family, number, parts(step)[0]);
        }
      }
      throw new IllegalArgumentException("no record has made " + result + " in " + steps);
    }

    /** {@return key, value and time of a step} */
    private static String[] parts(String step) {
      String record = step.substring(step.indexOf(' ') + 1);
      return (record.matches(".*[/=].*") ? record : "k/" + record).split("[/=@]");
    }

    private Row row(String step, long baseMs, long farMs) {
      String[] parts = parts(step);
      long timeMs = baseMs + Long.parseLong(parts[2]) + (step.charAt(1) == '!' ? farMs : 0);
      return new Row(family, number, parts[0], parts[1], timeMs);
    }
  }

  /** What is sent before it is waited until all of it is taken. */
  static final class Moment {
    final List<Row> lefts = new ArrayList<>();
    final List<Row> rights = new ArrayList<>();

    /** What is noted of scripts before the results of this moment. */
    final Map<Script, String> notes = new LinkedHashMap<>();

    /** To where time moves, if it does. */
    @Nullable Long watermarkMs;
  }

  /** The end of time in what is expected. */
  static final String END = "end";

  private static final long STRETCH_MS = 10_000;

  private final long farMs;
  private final Map<Script, Long> bases = new HashMap<>();
  private final Map<Script, Integer> next = new HashMap<>();
  private final List<Moment> moments = new ArrayList<>();

  /**
   * Lays scripts out.
   *
   * @param farMs how much later a time is that is too far ahead
   */
  TimedScripts(List<Script> scripts, long farMs) {
    this.farMs = farMs;
    Map<List<String>, List<Script>> stretches = new LinkedHashMap<>();
    for (Script script : scripts) {
      next.put(script, 0);
      stretches.computeIfAbsent(script.watermarks(), any -> new ArrayList<>()).add(script);
    }
    long baseMs = 0;
    for (List<Script> together : stretches.values()) {
      baseMs += STRETCH_MS;
      for (Script script : together) {
        bases.put(script, baseMs);
      }
    }
    sendUpToTheNextWatermark(scripts);
    Map<Script, String> ended = new LinkedHashMap<>();
    for (Map.Entry<List<String>, List<Script>> stretch : stretches.entrySet()) {
      List<Script> together = stretch.getValue();
      for (String watermark : stretch.getKey()) {
        Moment moment = tick(bases.get(together.get(0)) + Long.parseLong(watermark.substring(2)));
        moment.notes.putAll(ended);
        ended.clear();
        together.forEach(script -> moment.notes.put(script, watermark));
        together.forEach(script -> next.merge(script, 1, Integer::sum));
        sendUpToTheNextWatermark(together);
      }
      together.forEach(script -> ended.put(script, END));
    }
    tick(baseMs + STRETCH_MS).notes.putAll(ended);
  }

  private Moment tick(long watermarkMs) {
    Moment moment = new Moment();
    moment.watermarkMs = watermarkMs;
    moments.add(moment);
    return moment;
  }

  private void sendUpToTheNextWatermark(List<Script> scripts) {
    while (true) {
      Moment moment = new Moment();
      for (Script script : scripts) {
        int i = next.get(script);
        if (i < script.steps().size() && !Script.isWatermark(script.steps().get(i))) {
          String step = script.steps().get(i);
          Row row = script.row(step, bases.get(script), farMs);
          (step.matches("[LS].*") ? moment.lefts : moment.rights).add(row);
          next.put(script, i + 1);
        }
      }
      if (moment.lefts.isEmpty() && moment.rights.isEmpty()) {
        return;
      }
      moments.add(moment);
    }
  }

  List<Moment> moments() {
    return moments;
  }

  /** {@return the time 0 of a script} */
  long baseMs(Family family, int number) {
    return bases.entrySet().stream()
        .filter(each -> each.getKey().family() == family && each.getKey().number() == number)
        .mapToLong(Map.Entry::getValue)
        .findFirst()
        .orElseThrow();
  }

  static String place(Family family, int number, String key) {
    return family + "/" + number + "/" + key;
  }

  // ------------------------------------------------------------------ the tables of cases

  /** {@return the scripts of the joins of streams with some bounds} */
  static List<Script> ofJoins(List<JoinBounds> bounds) {
    List<Script> scripts = new ArrayList<>();
    for (int number = 0; number < JoinCases.ALL.size(); number++) {
      JoinCases.Case each = JoinCases.ALL.get(number);
      if (bounds.contains(each.bounds())) {
        scripts.add(new Script(Family.of(each.bounds()), number, each.steps()));
      }
    }
    return scripts;
  }

  /**
   * {@return the scripts of all lookups, but for those with rows that are too far ahead: such a row
   * holds from its time on, to which no watermark comes here}
   */
  static List<Script> ofLookups() {
    List<Script> scripts = new ArrayList<>();
    for (int number = 0; number < TemporalCases.ALL.size(); number++) {
      List<String> steps = TemporalCases.ALL.get(number).steps();
      if (steps.stream().noneMatch(step -> step.startsWith("T! "))) {
        scripts.add(new Script(Family.TEMPORAL, number, steps));
      }
    }
    return scripts;
  }

  static List<JoinKind> kinds(Family family) {
    return family == Family.TEMPORAL ? TemporalCases.KINDS : Arrays.asList(JoinKind.values());
  }

  static List<String> expected(Script script, JoinKind kind) {
    return script.family() == Family.TEMPORAL
        ? TemporalCases.ALL.get(script.number()).expected(kind)
        : JoinCases.ALL.get(script.number()).expected(kind);
  }

  static List<String> failures(Script script, JoinKind kind) {
    return script.family() == Family.TEMPORAL
        ? TemporalCases.ALL.get(script.number()).failures(kind)
        : JoinCases.ALL.get(script.number()).letters(kind);
  }

  static List<String> lateOnes(Script script) {
    return script.family() == Family.TEMPORAL
        ? TemporalCases.ALL.get(script.number()).lateOnes()
        : JoinCases.ALL.get(script.number()).lateOnes();
  }
}
