package dev.millrace.internal.state.store;

/**
 * A cursor over stored rows in ascending unsigned order of their keys, as they were when it was
 * made.
 *
 * <p><b>Threads.</b> Confined to the thread of its store. Close it before the next write.
 */
public interface RowIterator extends AutoCloseable {

  /**
   * Moves to the next row.
   *
   * @return false when there is none; {@link #key()} and {@link #value()} then have no meaning
   * @throws DamagedStateException if the row's block fails its checksum
   */
  boolean next();

  /** {@return the key of the present row; the array belongs to the caller} */
  byte[] key();

  /** {@return the value of the present row; not to be changed} */
  byte[] value();

  @Override
  void close();
}
