package dev.millrace.chaos;

/** Where seeds come from: {@code -Dchaos.seed}, or the clock; printed either way. */
final class Seeds {

  private Seeds() {}

  static long next(String test) {
    Long given = Long.getLong("chaos.seed");
    long seed = given != null ? given : System.nanoTime() & 0xFFFFFFFL;
    System.out.println("CHAOS " + test + ": seed " + seed + " (-Dchaos.seed=" + seed + ")");
    return seed;
  }
}
