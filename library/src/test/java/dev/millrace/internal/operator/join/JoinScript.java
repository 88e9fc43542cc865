package dev.millrace.internal.operator.join;

import dev.millrace.internal.frame.FrameFormat;
import java.util.ArrayList;
import java.util.List;

/** Runs scripts, whose language is that of {@link JoinCases}, in whichever way a task runs. */
final class JoinScript {

  private static final List<Boolean> ROOM_FOR_ONE_ROW = List.of(true, true, false);

  private final JoinHarness harness;
  private final Mode mode;

  /** Results, with the watermarks in between. */
  final List<String> found = new ArrayList<>();

  final List<String> late = new ArrayList<>();

  /** What happens around each step. */
  enum Mode {
    ONE_TRANSACTION,
    A_COMMIT_AFTER_EACH,
    AN_ABORT_OF_EACH,
    ROOM_FOR_ONE_ROW_PER_COMMIT
  }

  JoinScript(JoinHarness harness, Mode mode) {
    this.harness = harness;
    this.mode = mode;
  }

  /** Runs all steps, and then the end of time. */
  void run(List<String> script) {
    List<String> steps = new ArrayList<>(script);
    steps.add("W end");
    for (String step : steps) {
      if (step.startsWith("W ")) {
        found.add(step.equals("W end") ? "end" : step);
      }
      run(step);
    }
  }

  private void run(String step) {
    if (mode == Mode.AN_ABORT_OF_EACH) {
      step(step);
      harness.results.clear();
      harness.late.clear();
      harness.abort();
    }
    boolean complete;
    do {
      if (mode == Mode.ROOM_FOR_ONE_ROW_PER_COMMIT) {
        harness.room.clear();
        harness.room.addAll(ROOM_FOR_ONE_ROW);
      }
      complete = step(step);
      found.addAll(harness.results);
      late.addAll(harness.late);
      harness.results.clear();
      harness.late.clear();
      if (mode != Mode.ONE_TRANSACTION) {
        harness.commit();
      }
    } while (!complete);
    harness.room.clear();
  }

  private boolean step(String step) {
    String[] parts = step.split(" ");
    if (parts[0].equals("W")) {
      return harness.watermark(parts[1].equals("end") ? Long.MAX_VALUE : Long.parseLong(parts[1]));
    }
    int input = parts[0].charAt(0) == 'L' ? 0 : 1;
    int kind = parts[0].endsWith("!") ? FrameFormat.TOO_FAR_AHEAD : FrameFormat.RECORD;
    String record = parts[1].contains("/") ? parts[1] : "k/" + parts[1];
    String key = record.substring(0, record.indexOf('/'));
    String value = record.substring(record.indexOf('/') + 1, record.indexOf('@'));
    long time = Long.parseLong(record.substring(record.indexOf('@') + 1));
    harness.record(input, key, time, value, kind);
    return true;
  }
}
