package dev.millrace.sidebyside.figures;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The number of input records that the results account for, by time.
 *
 * <p>An engine that commits once in seconds writes the results of a transaction at its end: they
 * come in bursts, of which each stands for the time since the one before. So what counts from some
 * time on is counted from the end of a burst, and for each lane by itself, as tasks do not commit
 * at the same time. Results that come all the time are not changed by that.
 *
 * <p><b>Threads.</b> One.
 */
public final class Progress {

  /** Results of one burst are no further apart. */
  private static final long GAP_MS = 50;

  /** What goes on for longer is no burst. */
  private static final long LONGEST_BURST_MS = 2_000;

  private final long originMs;
  private final Map<Integer, NavigableMap<Long, Long>> lanes = new HashMap<>();
  private long total;

  /**
   * Creates a progress without any.
   *
   * @param originMs a time before all that is added, in milliseconds since the epoch
   */
  public Progress(long originMs) {
    this.originMs = originMs;
  }

  /**
   * Adds records that results account for from a time on.
   *
   * @param lane a number for what is written by one task at a time, such as a partition
   */
  public void add(int lane, long epochMs, long records) {
    if (records != 0) {
      lanes.computeIfAbsent(lane, any -> new TreeMap<>()).merge(epochMs, records, Long::sum);
      total += records;
    }
  }

  /** {@return the records of all times} */
  public long total() {
    return total;
  }

  /**
   * {@return from when at least a share of the records was accounted for, to when all were; empty
   * if that was at one moment}
   *
   * @param share between 0 and 1
   */
  public Optional<Stretch> since(double share) {
    NavigableMap<Long, Long> all = new TreeMap<>();
    lanes.values().forEach(lane -> lane.forEach((ms, more) -> all.merge(ms, more, Long::sum)));
    if (all.isEmpty()) {
      return Optional.empty();
    }
    long fromMs = crossing(all, share * total);
    long toMs = all.lastKey();
    double perMs = lanes.values().stream().mapToDouble(lane -> perMs(lane, fromMs, toMs)).sum();
    return perMs == 0
        ? Optional.empty()
        : Optional.of(new Stretch(fromMs, toMs, Math.round(perMs * (toMs - fromMs))));
  }

  /** {@return from the origin to when all records were accounted for; empty if there are none} */
  public Optional<Stretch> whole() {
    return lanes.values().stream()
        .map(NavigableMap::lastKey)
        .max(Long::compare)
        .map(toMs -> new Stretch(originMs, toMs, total));
  }

  /** The first time at which there were so many. */
  private static long crossing(NavigableMap<Long, Long> growth, double records) {
    long sum = 0;
    for (Map.Entry<Long, Long> more : growth.entrySet()) {
      sum += more.getValue();
      if (sum >= records) {
        return more.getKey();
      }
    }
    return growth.lastKey();
  }

  /** The records of a lane per millisecond, from the end of its burst at a time. */
  private static double perMs(NavigableMap<Long, Long> lane, long atMs, long toMs) {
    long fromMs = endOfBurst(lane, atMs);
    long records = lane.tailMap(fromMs, false).values().stream().mapToLong(Long::longValue).sum();
    return records == 0 ? 0 : (double) records / (toMs - fromMs);
  }

  private static long endOfBurst(NavigableMap<Long, Long> lane, long atMs) {
    Long before = lane.floorKey(atMs);
    if (before == null) {
      return atMs;
    }
    long endMs = before;
    for (Long next = lane.higherKey(endMs); next != null; next = lane.higherKey(endMs)) {
      if (next - endMs > GAP_MS) {
        return endMs;
      }
      if (next - atMs > LONGEST_BURST_MS) {
        return before;
      }
      endMs = next;
    }
    return before;
  }

  /**
   * A stretch of a run.
   *
   * @param fromMs its start, in milliseconds since the epoch
   * @param toMs its end
   * @param records what came in it
   */
  public record Stretch(long fromMs, long toMs, long records) {

    /** {@return its length in seconds} */
    public double seconds() {
      return (toMs - fromMs) / 1e3;
    }

    /** {@return the same stretch, with so many records for each that came} */
    public Stretch times(double recordsEach) {
      return new Stretch(fromMs, toMs, Math.round(records * recordsEach));
    }

    /** {@return records per second} */
    public double rate() {
      return records / seconds();
    }
  }
}
