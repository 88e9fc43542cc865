package dev.millrace.internal.task;

import dev.millrace.internal.state.TransactionRoom;
import java.util.function.BooleanSupplier;

/**
 * The room for rows that fire. Each is a piece of work of the transaction; the look at all that
 * fills one, which goes through the tasks and their stores, is taken every 64 rows.
 *
 * <p>At some rows it looks whether it is time for the next turn, and at each once one was tried
 * again.
 *
 * <p>A firing that was stopped begins with what it has to find or load first, so it should not stop
 * at every row either, as it would where each result waits for a call and calls end one by one.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class FiringRoom implements TransactionRoom {

  static final int ROWS_BETWEEN_LOOKS = 64;
  public static final int ROWS_BETWEEN_GLANCES = 16;

  private final TransactionSize size;
  private final BooleanSupplier roomIsLeft;
  private final FiringTime time;

  /** Rows until the next look; 0 after one that found no room. */
  private int untilLook;

  /**
   * Creates the room of a worker's transactions.
   *
   * @param roomIsLeft the look
   * @param time how long a turn may fire
   */
  public FiringRoom(TransactionSize size, BooleanSupplier roomIsLeft, FiringTime time) {
    this.size = size;
    this.roomIsLeft = roomIsLeft;
    this.time = time;
  }

  /**
   * {@return the room of a step whose results something takes after it}
   *
   * @param takesMore whether that takes more results
   */
  FiringRoom into(BooleanSupplier takesMore) {
    return new FiringRoom(size, () -> takesMore.getAsBoolean() && roomIsLeft.getAsBoolean(), time);
  }

  @Override
  public boolean isLeft() {
    if ((untilLook % ROWS_BETWEEN_GLANCES == 0 || time.hasRetried())
        && time.isOverAfter(ROWS_BETWEEN_GLANCES)) {
      return false;
    }
    if (size.isReached()) {
      return false;
    }
    if (untilLook == 0) {
      if (!roomIsLeft.getAsBoolean()) {
        return false;
      }
      untilLook = ROWS_BETWEEN_LOOKS;
    }
    untilLook--;
    size.add();
    return true;
  }
}
