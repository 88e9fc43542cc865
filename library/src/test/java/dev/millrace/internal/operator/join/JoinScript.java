package dev.millrace.internal.operator.join;

import java.util.ArrayList;
import java.util.List;

/**
 * A run of the script of a case, in whichever way a task runs. Each table of cases has a language
 * for its records; {@code W 20} is a watermark in all of them.
 */
final class JoinScript {

  private static final List<Boolean> ROOM_FOR_ONE_ROW = List.of(true, true, false);

  private static final String END = "W end";

  /** What happens around each step. */
  enum Mode {
    ONE_TRANSACTION,
    A_COMMIT_AFTER_EACH,
    A_RESTART_AFTER_EACH,
    AN_ABORT_OF_EACH,
    ROOM_FOR_ONE_ROW_PER_COMMIT
  }

  /** The language of records in a table of cases. */
  interface Language {

    /** Has the harness take the record of a step. */
    void take(JoinHarness harness, String step);
  }

  private final JoinHarness harness;
  private final Mode mode;
  private final Language language;

  /** Results, with the watermarks in between and the end of time as {@code end}. */
  final List<String> found = new ArrayList<>();

  /** What was late, or late in part. */
  final List<String> late = new ArrayList<>();

  final List<Object> letters = new ArrayList<>();

  JoinScript(JoinHarness harness, Mode mode, Language language) {
    this.harness = harness;
    this.mode = mode;
    this.language = language;
  }

  /** Runs all steps, and then the end of time. */
  void run(List<String> steps) {
    steps.forEach(this::run);
    run(END);
  }

  /** {@return the results without what is in between} */
  List<String> results() {
    return found.stream().filter(one -> one.contains("@")).toList();
  }

  private void run(String step) {
    if (isWatermark(step)) {
      found.add(step.equals(END) ? "end" : step);
    }
    if (mode == Mode.AN_ABORT_OF_EACH) {
      boolean ignored = make(step);
      forget();
      harness.abort();
    }
    boolean complete;
    do {
      if (mode == Mode.ROOM_FOR_ONE_ROW_PER_COMMIT) {
        harness.room.clear();
        harness.room.addAll(ROOM_FOR_ONE_ROW);
      }
      long partly = harness.partlyLate;
      complete = make(step);
      take(harness.partlyLate - partly);
      if (mode != Mode.ONE_TRANSACTION) {
        harness.commit();
      }
      if (mode == Mode.A_RESTART_AFTER_EACH) {
        harness.abort();
      }
    } while (!complete);
    harness.room.clear();
  }

  /** Makes a step; returns whether everything has fired. */
  private boolean make(String step) {
    if (isWatermark(step)) {
      String time = step.substring(2);
      return harness.watermark(step.equals(END) ? Long.MAX_VALUE : Long.parseLong(time));
    }
    language.take(harness, step);
    return true;
  }

  private static boolean isWatermark(String step) {
    return step.startsWith("W ");
  }

  private void take(long partlyLate) {
    found.addAll(harness.results);
    late.addAll(harness.late);
    if (partlyLate > 0) {
      late.add("partly " + partlyLate);
    }
    letters.addAll(harness.letters);
    forget();
  }

  private void forget() {
    harness.results.clear();
    harness.late.clear();
    harness.letters.clear();
  }
}
