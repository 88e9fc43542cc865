package dev.millrace.internal.window;

/**
 * The times at which results of a window are emitted, as a public {@code Emission} holds them.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface EmissionKind {

  /** Once, when the window closes. */
  record OnClose() implements EmissionKind {}

  /** With every commit that changed the window, and never when nothing changed. */
  record OnUpdate() implements EmissionKind {}

  /**
   * While the window is open, at most once per period of the worker's clock, and when it closes.
   *
   * @param periodMs in milliseconds, at least 1
   */
  record Every(long periodMs) implements EmissionKind {}
}
