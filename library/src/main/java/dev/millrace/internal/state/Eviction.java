package dev.millrace.internal.state;

/**
 * The choice of the clean rows that stay in memory: the most recently used, as far as they fit.
 *
 * <p>Rows are sorted into classes by the logarithm of their age in transactions; whole classes stay
 * while they fit, and of the first that does not, as many rows as fit. No list has to be kept in
 * order on every access for that, and an eviction that leaves half of the room free pays for its
 * pass over the table.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Eviction {

  private final long[] bytesByAgeClass = new long[65];
  private final long keepBytes;
  private int partlyKeptClass = -1;
  private long roomBytes;

  Eviction(long keepBytes) {
    this.keepBytes = keepBytes;
  }

  void add(long age, int bytes) {
    bytesByAgeClass[ageClass(age)] += bytes;
  }

  /** Ends the counting: from now on {@link #keeps} may be asked. */
  void decide() {
    roomBytes = keepBytes;
    for (int i = 0; i < bytesByAgeClass.length; i++) {
      if (bytesByAgeClass[i] > roomBytes) {
        partlyKeptClass = i;
        return;
      }
      roomBytes -= bytesByAgeClass[i];
    }
    partlyKeptClass = bytesByAgeClass.length;
  }

  /** {@return whether a row stays; to be asked once for each} */
  boolean keeps(long age, int bytes) {
    int ageClass = ageClass(age);
    if (ageClass != partlyKeptClass) {
      return ageClass < partlyKeptClass;
    }
    if (bytes > roomBytes) {
      return false;
    }
    roomBytes -= bytes;
    return true;
  }

  private static int ageClass(long age) {
    return 64 - Long.numberOfLeadingZeros(age);
  }
}
