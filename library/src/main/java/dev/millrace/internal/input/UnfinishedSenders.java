package dev.millrace.internal.input;

import dev.millrace.internal.frame.FrameReader;
import java.util.Arrays;

/**
 * The senders of an input of whose transaction the task has taken up one of several frames, and not
 * yet the last.
 *
 * <p>A worker sends one transaction after the other and readers see all of one or nothing, so the
 * last frame of each sender that is unfinished is in the log, if nothing of it is lost. Where a
 * task begins to read in the middle of a transaction, its first frame may be one in the middle, or
 * the last.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class UnfinishedSenders {

  /** Rarely more than one at a time. */
  private int[] senders = new int[2];

  private int count;

  /** Notes that a frame was taken up. */
  public void taken(FrameReader frame) {
    if (!frame.isOneOfSeveral()) {
      return;
    }
    int at = indexOf(frame.sender());
    if (frame.isLastOfTransaction()) {
      if (at < count) {
        senders[at] = senders[--count];
      }
    } else if (at == count) {
      if (count == senders.length) {
        senders = Arrays.copyOf(senders, count * 2);
      }
      senders[count++] = frame.sender();
    }
  }

  private int indexOf(int sender) {
    int at = 0;
    while (at < count && senders[at] != sender) {
      at++;
    }
    return at;
  }

  /** {@return whether there are none} */
  public boolean isEmpty() {
    return count == 0;
  }
}
