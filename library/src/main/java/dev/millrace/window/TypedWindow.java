package dev.millrace.window;

/**
 * A kind of window that looks at the records themselves, so that it goes with streams of their type
 * only; made by {@link Windows}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param spec the kind
 */
@SuppressWarnings("UnusedTypeParameter") // ties the functions inside to the stream's values
public record TypedWindow<T>(WindowSpec spec) {

  /** {@return the same windows by event time; the sources then need watermarks} */
  public TypedWindow<T> inEventTime() {
    return new TypedWindow<>(spec.inEventTime());
  }

  /** {@return the same windows by processing time} */
  public TypedWindow<T> inProcessingTime() {
    return new TypedWindow<>(spec.inProcessingTime());
  }
}
