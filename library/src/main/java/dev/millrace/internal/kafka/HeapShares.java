package dev.millrace.internal.kafka;

/**
 * The division of {@code heap.memory}: equally among the workers of the instance, and within a
 * worker by the shares below.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param fetchBytes what the consumer may ask for at once; it holds up to two such answers, one
 *     being read and one that arrives meanwhile
 * @param producerBytes what the producer may hold back
 * @param overlayBytes uncommitted state, at which the worker commits early
 * @param cacheBytes decoded objects of committed state
 */
public record HeapShares(int fetchBytes, int producerBytes, long overlayBytes, long cacheBytes) {

  private static final int MIN_BYTES = 1 << 20;
  // Larger answers and buffers are not faster; they only wait longer.
  private static final int MAX_FETCH_BYTES = 32 << 20;
  private static final int MAX_PRODUCER_BYTES = 64 << 20;

  /** {@return the shares of one of {@code workers} workers} */
  public static HeapShares of(long heapBytes, int workers) {
    long each = heapBytes / Math.max(1, workers);
    int fetch = clamp(each / 8, MAX_FETCH_BYTES); // two answers: a quarter
    int producer = clamp(each / 5, MAX_PRODUCER_BYTES);
    long cache = Math.max(MIN_BYTES, each / 5);
    long overlay = Math.max(MIN_BYTES, each - 2L * fetch - producer - cache);
    return new HeapShares(fetch, producer, overlay, cache);
  }

  private static int clamp(long bytes, int most) {
    return (int) Math.max(MIN_BYTES, Math.min(most, bytes));
  }
}
