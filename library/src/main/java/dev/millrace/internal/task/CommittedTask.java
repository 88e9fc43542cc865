package dev.millrace.internal.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.state.CommittedRows;
import dev.millrace.internal.util.Clock;
import dev.millrace.time.TimeDomain;
import org.jspecify.annotations.Nullable;

/**
 * The state of a task as of its last commit, while its worker answers a question about it.
 *
 * <p><b>Threads.</b> Confined to the task's worker, and to the call that it is handed to.
 */
public final class CommittedTask {

  /** How long the reading for one question may take: the worker does nothing else meanwhile. */
  static final long MOST_NANOS = 5_000_000;

  private static final int LOOKS_BETWEEN_GLANCES = 16;

  private static final byte[] NO_FRAME = {};

  private final @Nullable TaskRows state;
  private final CommittedPosition position;
  private final long asOfMs;
  private final long eventTime;
  private final long processingTime;
  private final Clock clock;
  private final long beganNanos;
  private int looks;

  /**
   * Creates the view of a task.
   *
   * @param state its rows; null if it has none
   */
  CommittedTask(
      @Nullable TaskRows state,
      CommittedPosition position,
      long asOfMs,
      long eventTime,
      long processingTime,
      Clock clock) {
    this.state = state;
    this.position = position;
    this.asOfMs = asOfMs;
    this.eventTime = eventTime;
    this.processingTime = processingTime;
    this.clock = clock;
    this.beganNanos = clock.nanos();
  }

  /** {@return the frame of that commit; empty for a task that has no rows} */
  public byte[] frame() {
    return state == null
        ? NO_FRAME
        : requireNonNull(state.committedFrame(), "the task has no frame");
  }

  /**
   * {@return how far the task had come with that commit, once its rows are on disk}
   *
   * @throws dev.millrace.error.StateStoreException if the disk refuses them
   */
  public CommittedPosition flushed() {
    if (state != null) {
      state.flush();
    }
    return position;
  }

  /** {@return a time by the wall clock at which this was the newest state of the task} */
  public long asOfMs() {
    return asOfMs;
  }

  /** {@return the rows of one of the stage's stores} */
  public CommittedRows rows(String store) {
    return requireNonNull(state, "the task has no rows").committedRows(store);
  }

  /** {@return the watermark of the task's inputs; {@link Long#MIN_VALUE} if unknown} */
  public long time(TimeDomain domain) {
    return domain == TimeDomain.EVENT ? eventTime : processingTime;
  }

  /**
   * {@return whether there is time to look up one more row; to be asked before each, so that the
   * rows read by then are the answer}
   */
  public boolean hasTime() {
    looks++;
    return looks % LOOKS_BETWEEN_GLANCES != 0 || clock.nanos() - beganNanos < MOST_NANOS;
  }
}
