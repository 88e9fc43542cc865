package dev.millrace.connector;

import java.io.IOException;

/**
 * The reader of one split.
 *
 * <p><b>Threads.</b> Confined to one worker.
 */
public interface SplitReader<T> extends AutoCloseable {

  /** The result of a call to {@link #read}: when to call again. */
  enum Progress {
    /** There is more to read right now. */
    MORE,
    /** Nothing at present; call again later. */
    LATER,
    /** The split is read to its end. */
    END
  }

  /**
   * Hands out up to {@code maxRecords} records. Must not wait for long: if there is nothing yet, it
   * returns {@link Progress#LATER}.
   */
  Progress read(SplitOutput<T> out, int maxRecords) throws Exception;

  /**
   * {@return the position after the last record handed out, at most 1 KiB; what {@link
   * SplitSource#open} resumes from}
   */
  byte[] position();

  @Override
  void close() throws IOException;
}
