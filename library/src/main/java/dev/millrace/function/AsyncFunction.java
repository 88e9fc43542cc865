package dev.millrace.function;

import java.io.Serializable;
import java.util.concurrent.CompletionStage;

/**
 * A function that begins a call to another system; its result comes later.
 *
 * <p><b>Contract.</b> It must return at once: any waiting has to happen in threads of the client
 * that makes the call. The stage completes with the value to pass on, never null, or with an
 * exception, and may do so in any thread. After a restart the call of a record may be made again,
 * so it should be idempotent.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface AsyncFunction<T, R> extends Serializable {

  /**
   * {@return a stage that completes with the value to pass on}
   *
   * @param value the value, not to be changed where another step gets it as well
   */
  CompletionStage<R> apply(T value) throws Exception;
}
