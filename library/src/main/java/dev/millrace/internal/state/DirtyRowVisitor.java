package dev.millrace.internal.state;

import org.jspecify.annotations.Nullable;

/** The receiver of each row that the open transaction changes, once. */
@FunctionalInterface
public interface DirtyRowVisitor {

  /**
   * Called for a row whose bytes differ from the committed ones; none of the arrays may be changed.
   *
   * @param fullKey store id and key, as in the store and the changelog
   * @param newBytes the new value, null for a tombstone
   * @param committedBytes the value before the transaction, null if there was no row
   */
  void row(byte[] fullKey, byte @Nullable [] newBytes, byte @Nullable [] committedBytes);
}
