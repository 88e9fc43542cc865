package dev.millrace.sidebyside.figures;

import java.util.Map;
import java.util.TreeMap;

/**
 * A quantity that only grows, sampled now and then.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Series {

  private final TreeMap<Long, Long> samples = new TreeMap<>();

  /** Adds a sample. */
  public synchronized void add(long epochMs, long value) {
    samples.put(epochMs, value);
  }

  /** {@return the last value, or 0 if there is none} */
  public synchronized long last() {
    return samples.isEmpty() ? 0 : samples.lastEntry().getValue();
  }

  /** {@return by how much it grew between two times; samples are joined by straight lines} */
  public synchronized double growth(long fromMs, long toMs) {
    return at(toMs) - at(fromMs);
  }

  /**
   * {@return the same as a progress, as a number of records}
   *
   * @param originMs a time before all samples
   */
  public synchronized Progress toProgress(long originMs) {
    Progress progress = new Progress(originMs);
    long before = 0;
    for (Map.Entry<Long, Long> sample : samples.entrySet()) {
      long records = sample.getValue();
      progress.add(0, sample.getKey(), records - before);
      before = records;
    }
    return progress;
  }

  private double at(long epochMs) {
    Map.Entry<Long, Long> before = samples.floorEntry(epochMs);
    Map.Entry<Long, Long> after = samples.ceilingEntry(epochMs);
    if (before == null || after == null) {
      // Outside of the samples it neither grew nor will grow.
      Map.Entry<Long, Long> nearest = before == null ? after : before;
      return nearest == null ? 0 : nearest.getValue();
    }
    long spanMs = after.getKey() - before.getKey();
    return spanMs == 0
        ? before.getValue()
        : before.getValue()
            + (double) (after.getValue() - before.getValue())
                * (epochMs - before.getKey())
                / spanMs;
  }
}
