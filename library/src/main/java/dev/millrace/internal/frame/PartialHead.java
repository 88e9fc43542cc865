package dev.millrace.internal.frame;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;

/**
 * The head before a partial aggregate in a frame: of how many records it is made, less those that
 * it takes back (zigzag, 0 also where that does not matter), and how far their times are apart
 * (varlong, milliseconds).
 *
 * <p><b>Threads.</b> Confined to the task's worker; one object for all entries.
 */
public final class PartialHead {

  private long weight;
  private long spanMs;

  /** Sets both figures. */
  public PartialHead of(long newWeight, long newSpanMs) {
    weight = newWeight;
    spanMs = newSpanMs;
    return this;
  }

  /** Writes the head; the accumulator follows. */
  public void write(ByteWriter out) {
    out.writeZigzag(weight);
    out.writeVarlong(spanMs);
  }

  /** Reads the head of a partial; the reader stands at the accumulator then. */
  public PartialHead read(ByteReader in) {
    weight = in.readZigzag();
    spanMs = in.readVarlong();
    return this;
  }

  /**
   * {@return the number of records added, less those taken back; 0 also if they were not counted}
   */
  public long weight() {
    return weight;
  }

  /** {@return how far the earliest record lies before the latest, in milliseconds} */
  public long spanMs() {
    return spanMs;
  }
}
