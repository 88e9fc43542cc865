package dev.millrace.testkit;

import dev.millrace.connector.SinkWriter;
import dev.millrace.error.SinkUnavailableException;

/** A writer that drops what it gets, and has nothing to prepare, to commit or to take back. */
public class IdleSinkWriter<T> implements SinkWriter<T> {

  @Override
  public void write(T value, long timeMs) throws SinkUnavailableException {}

  @Override
  public byte[] prepare() {
    return new byte[0];
  }

  @Override
  public void commit() {}

  @Override
  public void abort() {}

  @Override
  public void close() {}
}
