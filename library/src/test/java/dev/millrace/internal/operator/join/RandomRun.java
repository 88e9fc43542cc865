package dev.millrace.internal.operator.join;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A run of a join over many records that are out of order: in transactions of a few records each,
 * some of which are given up and repeated, with a watermark that moves on meanwhile, and with a
 * task that is made anew now and then, also amid a firing.
 */
class RandomRun {

  static final int RECORDS = 120;

  /** By how much records are older than others before them, at the most. */
  private static final int DISORDER_MS = 10;

  record In(int number, int input, String key, long timeMs) {

    String value() {
      return "v" + number;
    }
  }

  final List<String> found = new ArrayList<>();
  final List<String> late = new ArrayList<>();

  private final Random random;
  private final int hurryMs;
  private final int leastRoom;
  private long watermarkMs = Long.MIN_VALUE;

  /**
   * Creates a run.
   *
   * @param hurryMs by how much the watermark may be ahead of records that are still to come
   * @param leastRoom how many rows a firing has room for at least, where there is a limit
   */
  RandomRun(Random random, int hurryMs, int leastRoom) {
    this.random = random;
    this.hurryMs = hurryMs;
    this.leastRoom = leastRoom;
  }

  static List<In> inputs(Random random) {
    List<In> inputs = new ArrayList<>();
    int keys = 1 + random.nextInt(12);
    for (int i = 0; i < RECORDS; i++) {
      long time = i / 2 - random.nextInt(DISORDER_MS);
      inputs.add(new In(i, random.nextInt(2), "k" + random.nextInt(keys), time));
    }
    return inputs;
  }

  /** Notes what is about to be processed, once for each transaction. */
  void begin(List<In> batch, long toMs) {}

  void all(JoinHarness harness, List<In> inputs) {
    int from = 0;
    while (from < inputs.size()) {
      int to = Math.min(inputs.size(), from + 1 + random.nextInt(12));
      List<In> batch = inputs.subList(from, to);
      watermarkMs = to == inputs.size() ? Long.MAX_VALUE : Math.max(watermarkMs, next(to));
      begin(batch, watermarkMs);
      if (random.nextInt(3) == 0) {
        batch.forEach(one -> send(harness, one));
        fill(harness);
        boolean ignored = random.nextBoolean() && harness.watermark(watermarkMs);
        harness.results.clear();
        harness.late.clear();
        harness.abort();
      }
      harness.room.clear();
      batch.forEach(one -> send(harness, one));
      boolean complete;
      do {
        fill(harness);
        complete = harness.watermark(watermarkMs);
        take(harness);
        if (random.nextInt(4) == 0) {
          harness.abort(); // also amid a firing: it goes on
        }
      } while (!complete);
      harness.room.clear();
      from = to;
    }
  }

  /** Nothing that is still to come is older, unless there is a hurry. */
  private long next(int sent) {
    return sent / 2 - DISORDER_MS + 1 + (hurryMs == 0 ? 0 : random.nextInt(hurryMs));
  }

  private void take(JoinHarness harness) {
    found.addAll(harness.results);
    harness.late.stream()
        .filter(one -> !one.startsWith("counted"))
        .forEach(one -> late.add(one.substring(one.indexOf(' ') + 1, one.indexOf('@'))));
    harness.results.clear();
    harness.late.clear();
    harness.commit();
  }

  private static void send(JoinHarness harness, In one) {
    harness.record(one.input(), one.key(), one.timeMs(), one.value());
  }

  /** Room for a few rows, then none. */
  private void fill(JoinHarness harness) {
    harness.room.clear();
    if (random.nextBoolean()) {
      for (int i = leastRoom + random.nextInt(8); i > 0; i--) {
        harness.room.add(true);
      }
      harness.room.add(false);
    }
  }
}
