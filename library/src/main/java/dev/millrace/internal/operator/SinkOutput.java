package dev.millrace.internal.operator;

import dev.millrace.connector.SinkWriter;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateStoreException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a chain: a sink's writer, with the sink's part in the commit.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class SinkOutput implements Output {

  private static final Logger LOGGER = LoggerFactory.getLogger(SinkOutput.class);

  private final String name;
  private final SinkWriter<Object> writer;
  private final Guard guard;
  private final @Nullable Circuit circuit;

  /** Whether anything came since the last commit. */
  private boolean written;

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private SinkOutput(String name, SinkWriter<?> writer, Guard guard, @Nullable Circuit circuit) {
    this.name = name;
    this.writer = (SinkWriter<Object>) writer;
    this.guard = guard;
    this.circuit = circuit;
  }

  /** An action that opens a writer. */
  @FunctionalInterface
  public interface Opening {
    /** {@return the writer} */
    SinkWriter<?> open() throws Exception;
  }

  /**
   * {@return the output around a new writer}
   *
   * @param circuit the sink's circuit, if it has a breaker
   */
  public static SinkOutput open(
      String name, Opening opening, Guard guard, @Nullable Circuit circuit) {
    try {
      return new SinkOutput(name, opening.open(), guard, circuit);
    } catch (Exception e) {
      throw failed(name, "open", "Mend the cause and start again", circuit, e);
    }
  }

  /** {@return the sink's name in its stage} */
  public String name() {
    return name;
  }

  @Override
  public void emit(Object value, long timeMs, int kind) {
    Output.refuseRetraction(kind, name);
    try {
      writer.write(value, timeMs);
    } catch (StateStoreException e) {
      // The sink's storage fails, not the record: no error policy applies.
      throw e;
    } catch (Exception e) {
      recover(e, value, timeMs);
    }
    written = true;
  }

  private void recover(Exception first, Object value, long timeMs) {
    throwIfDown(first);
    @Nullable Boolean ignored =
        guard.recover(
            value,
            first,
            () -> {
              try {
                writer.write(value, timeMs);
              } catch (Exception e) {
                throwIfDown(e);
                throw e;
              }
              return true;
            });
  }

  /** Throws if the system is down: then no policy for records applies. */
  private void throwIfDown(Exception cause) {
    if (circuit != null
        && (cause instanceof SinkUnavailableException || cause instanceof IOException)) {
      throw circuit.broken(cause);
    }
    if (cause instanceof SinkUnavailableException down) {
      throw down;
    }
  }

  /** {@return whether it has anything to publish at the commit} */
  public boolean hasOutput() {
    return written;
  }

  /** {@return whether the sink wants a commit although nothing new was written} */
  public boolean wantsCommit(long clockMs) {
    return writer.wantsCommit(clockMs);
  }

  /** {@return the writer's state for the commit frame; its output is durable then} */
  public byte[] prepare() {
    try {
      return writer.prepare();
    } catch (Exception e) {
      throw failed(
          name,
          "prepare",
          "Nothing of it was committed; mend the cause and start again",
          circuit,
          e);
    }
  }

  /** Publishes the output: the transaction committed. */
  public void commit() {
    try {
      writer.commit();
    } catch (Exception e) {
      throw failed(
          name,
          "publish",
          "It is committed, and the next start publishes it; mend the cause and start again",
          circuit,
          e);
    }
    if (circuit != null && written) {
      circuit.succeeded();
    }
    written = false;
  }

  /** Passes on to the writer that the input has ended. */
  public void endOfInput() {
    try {
      writer.endOfInput();
    } catch (Exception e) {
      throw failed(name, "finish", "Mend the cause and start again", circuit, e);
    }
  }

  /** Aborts uncommitted output and releases all resources. */
  public void abandon() {
    try {
      writer.abort();
    } catch (Exception e) {
      // The successor cleans up what an abandoned writer has left.
      debug("abort", e);
    } finally {
      leave();
    }
  }

  /**
   * Releases all resources without touching the output: prepared output may be committed, and the
   * successor finds out whether it is.
   */
  public void leave() {
    try {
      writer.close();
    } catch (Exception e) {
      debug("close", e);
    }
  }

  private void debug(String verb, Exception cause) {
    LOGGER
        .atDebug()
        .addKeyValue("sink", name)
        .setCause(cause)
        .log("A writer that is given up did not {} in good order", verb);
  }

  private static MillraceException failed(
      String name, String verb, String remedy, @Nullable Circuit circuit, Exception cause) {
    if (circuit != null
        && (cause instanceof SinkUnavailableException || !(cause instanceof MillraceException))) {
      return circuit.broken(cause);
    }
    if (cause instanceof MillraceException own) {
      return own;
    }
    return new StateStoreException(
        "Cannot " + verb + " the output of sink '" + name + "': " + cause + ". " + remedy,
        Place.ofStep(name),
        cause);
  }
}
