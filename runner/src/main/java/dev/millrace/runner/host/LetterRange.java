package dev.millrace.runner.host;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The choice of some dead letters: the newest ones, or those before one.
 *
 * @param partition the only partition; empty for all
 * @param before the offset that they come before; empty for the end. Only with a partition
 * @param most how many of them at most
 */
public record LetterRange(OptionalInt partition, OptionalLong before, int most) {

  /** Checks that an offset is one of a partition. */
  public LetterRange {
    if (before.isPresent() && partition.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot read letters before offset "
              + before.getAsLong()
              + ": an offset is one of a partition. Name the partition too");
    }
  }
}
