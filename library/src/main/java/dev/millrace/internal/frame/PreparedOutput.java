package dev.millrace.internal.frame;

import java.util.Arrays;

/**
 * The data that a sink needs to publish, after the commit, what it prepared before; opaque to the
 * engine.
 *
 * <p><b>Threads.</b> Immutable, as long as nobody writes into the array.
 */
// An array, because the bytes go from the sink to the wire and back untouched; equality is by
// content.
@SuppressWarnings("ArrayRecordComponent")
public record PreparedOutput(String sink, byte[] state) {

  @Override
  public boolean equals(Object other) {
    return other instanceof PreparedOutput that
        && sink.equals(that.sink)
        && Arrays.equals(state, that.state);
  }

  @Override
  public int hashCode() {
    return 31 * sink.hashCode() + Arrays.hashCode(state);
  }

  @Override
  public String toString() {
    return "PreparedOutput[" + sink + ", " + state.length + " bytes]";
  }
}
