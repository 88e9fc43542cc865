package dev.millrace.internal.operator;

import dev.millrace.connector.SinkWriter;
import dev.millrace.error.MillraceException;
import dev.millrace.error.StateStoreException;
import org.jspecify.annotations.Nullable;

/**
 * The end of a chain: a sink's writer, with the sink's part in the commit.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class SinkOutput implements Output {

  private final String name;
  private final SinkWriter<Object> writer;
  private final Guard guard;

  /** Creates the output around an open writer. */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public SinkOutput(String name, SinkWriter<?> writer, Guard guard) {
    this.name = name;
    this.writer = (SinkWriter<Object>) writer;
    this.guard = guard;
  }

  /** {@return the sink's name in its stage} */
  public String name() {
    return name;
  }

  @Override
  public void emit(Object value, long timeMs) {
    try {
      writer.write(value, timeMs);
    } catch (StateStoreException e) {
      // The sink's storage fails, not the record: no policy may pass over that.
      throw e;
    } catch (Exception e) {
      @Nullable Boolean ignored =
          guard.recover(
              e,
              () -> {
                writer.write(value, timeMs);
                return true;
              });
    }
  }

  /** {@return whether the sink wants a commit although nothing new was written} */
  public boolean wantsCommit(long clockMs) {
    return writer.wantsCommit(clockMs);
  }

  /** {@return the writer's state for the commit frame, its output being durable} */
  public byte[] prepare() {
    try {
      return writer.prepare();
    } catch (Exception e) {
      throw failed("prepare", e);
    }
  }

  /** The transaction committed. */
  public void commit() {
    try {
      writer.commit();
    } catch (Exception e) {
      throw failed("publish", e);
    }
  }

  /** The input has ended. */
  public void endOfInput() {
    try {
      writer.endOfInput();
    } catch (Exception e) {
      throw failed("finish", e);
    }
  }

  /**
   * Drops what was not committed and gives everything back; failures to do so do not matter any
   * more.
   */
  public void abandon() {
    try {
      writer.abort();
    } catch (Exception e) {
      // The successor cleans up what an abandoned writer leaves behind.
    } finally {
      close();
    }
  }

  /** Gives everything back. */
  public void close() {
    try {
      writer.close();
    } catch (Exception e) {
      throw failed("close", e);
    }
  }

  private MillraceException failed(String verb, Exception cause) {
    if (cause instanceof MillraceException own) {
      return own;
    }
    return new StateStoreException(
        "Cannot "
            + verb
            + " the output of sink '"
            + name
            + "': "
            + cause
            + ". Nothing of it was committed; mend the cause and start again",
        cause);
  }
}
