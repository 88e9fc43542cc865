package dev.millrace.sidebyside.figures;

/** The metrics of a run, in the order of the columns. */
public enum Metric {
  /** Input records per second that results account for, in the second half of a run. */
  RATE("records/s", 0),
  /** The same from when a tenth of the records are accounted for, so with some of the warm-up. */
  LONG_RATE("records/s from 10 %", 0),
  /** From the start of the engine's JVM to the last result. */
  WHOLE_SECONDS("whole run, s", 1),
  /** Half of the records were visible to a reader within this time. */
  P50_MS("p50, ms", 1),
  /** Nine of ten. */
  P90_MS("p90, ms", 1),
  /** Ninety-nine of a hundred. */
  P99_MS("p99, ms", 1),
  /** All but one of a thousand. */
  P999_MS("p99.9, ms", 1),
  /** All of them. */
  MAX_MS("max, ms", 1),
  /** From the kill to the first result of the engine that was started again. */
  FIRST_RESULT_SECONDS("first result after kill, s", 2),
  /** From the kill until records are as new as before in results. */
  CAUGHT_UP_SECONDS("caught up after kill, s", 2),
  /** CPU time of the engine. */
  ENGINE_CPU_MICROS("engine CPU, µs/record", 2),
  /** CPU time of the broker. */
  BROKER_CPU_MICROS("broker CPU, µs/record", 2),
  /** CPU time of both. */
  CPU_MICROS("both, µs/record", 2),
  /** CPU time of the engine from when a tenth of the records are accounted for. */
  LONG_ENGINE_CPU_MICROS("engine CPU from 10 %, µs/record", 2),
  /** CPU time of the broker in the same time. */
  LONG_BROKER_CPU_MICROS("broker CPU from 10 %, µs/record", 2),
  /** The engine's share of a core. */
  ENGINE_CORES("engine, cores", 3),
  /** The broker's share of a core. */
  BROKER_CORES("broker, cores", 3),
  /** The most memory that the engine's process had at a time. */
  PEAK_MEMORY_MB("engine's peak RSS, MB", 0),
  /** The share of time in garbage collections. */
  GC_PERCENT("GC, % of time", 1),
  /** Bytes on the heap. */
  ALLOCATED_BYTES("allocated, B/record", 0),
  /** Bytes of all logs but the input, in the whole run. */
  KAFKA_BYTES("written to Kafka, B/record", 1),
  /** How much of the machine others used meanwhile. */
  OTHERS_PERCENT("others' CPU, %", 0),
  /** The load average of the last minute at the start. */
  LOAD("load average", 1);

  private final String title;
  private final int digits;

  Metric(String title, int digits) {
    this.title = title;
    this.digits = digits;
  }

  /** {@return whether more of it is better} */
  public boolean isBetterHigh() {
    return this == RATE || this == LONG_RATE;
  }

  /** {@return the heading of its column} */
  public String title() {
    return title;
  }

  /** {@return how many digits after the point mean something} */
  public int digits() {
    return digits;
  }
}
