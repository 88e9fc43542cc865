package dev.millrace.internal.input;

import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.Output;
import java.util.List;

/**
 * The operators that read one input of a task: keyed ones get its entries as they are, all others
 * their values.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class InputHead {

  private final Reader[] readers;
  private final Output values;

  /**
   * A keyed operator.
   *
   * @param input which of the operator's own inputs it is
   */
  public record Reader(KeyedOperator operator, int input) {}

  /**
   * Creates the head of an input.
   *
   * @param values where values go that have no key
   */
  public InputHead(List<Reader> readers, Output values) {
    this.readers = readers.toArray(new Reader[0]);
    this.values = values;
  }

  /** {@return whether the input's entries go to keyed operators} */
  public boolean isKeyed() {
    return readers.length > 0;
  }

  /** {@return where values go that have no key} */
  public Output values() {
    return values;
  }

  /** Hands an entry to the operators. */
  public void onRecord(FrameEntry entry) {
    for (int i = 0; i < readers.length; i++) {
      if (i > 0) {
        entry.forgetValue();
      }
      Reader reader = readers[i];
      reader.operator.onRecord(reader.input, entry);
    }
  }

  /** {@return how many rows may be read ahead at once} */
  int readAheadRows() {
    int most = Integer.MAX_VALUE;
    for (Reader reader : readers) {
      most = Math.min(most, reader.operator.prefetch(reader.input).mostRows());
    }
    return most;
  }

  /** {@return whether the rows for the next frame should be read ahead} */
  boolean readsAhead() {
    for (Reader reader : readers) {
      if (reader.operator.prefetch(reader.input).isOn()) {
        return true;
      }
    }
    return false;
  }

  /** Asks for the rows of an entry that will come. */
  void want(FrameEntry entry) {
    for (Reader reader : readers) {
      reader.operator.want(reader.input, entry);
    }
  }

  /** Reads the rows that were asked for. */
  void loadWanted(int entries) {
    for (Reader reader : readers) {
      reader.operator.prefetch(reader.input).load(entries);
    }
  }

  /** Notes that a frame has been processed. */
  public void frameDone(int entries) {
    for (Reader reader : readers) {
      reader.operator.prefetch(reader.input).frameDone(entries);
    }
  }
}
