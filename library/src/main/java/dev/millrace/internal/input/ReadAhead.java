package dev.millrace.internal.input;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.util.MalformedBytesException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The reading of rows before the frames that need them, for as many frames at once as are there.
 *
 * <p>The more keys the state store looks up at a time, the closer they lie in its order, and the
 * more often one finds in the processor's cache what the one before it needed: filters, indexes,
 * and blocks of rows.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ReadAhead {

  private final FrameEntry entry;
  private final InputHead head;

  /** How many of the next frames need no further look at their rows. */
  private int frames;

  /**
   * Creates the read-ahead of an input.
   *
   * @param entry of use in between
   */
  public ReadAhead(FrameEntry entry, InputHead head) {
    this.entry = entry;
    this.head = head;
  }

  /** Reads the rows of the first frames of a queue, if that pays and has not been done yet. */
  public void of(Iterable<ConsumerRecord<byte[], byte[]>> queue) {
    if (frames > 0 || !head.isKeyed() || !head.readsAhead()) {
      return;
    }
    int most = head.readAheadRows();
    int entries = 0;
    for (ConsumerRecord<byte[], byte[]> record : queue) {
      try {
        FrameReader reader = entry.open(record);
        if (frames > 0 && entries + reader.entryCount() > most) {
          break;
        }
        while (entry.next()) {
          head.want(entry);
        }
        entries += reader.entryCount();
      } catch (MalformedBytesException | IncompatibleJobException e) {
        break; // It is reported when the frame's turn comes.
      }
      frames++;
    }
    head.loadWanted(entries);
  }

  /** Notes that the next frame is being processed. */
  public void next() {
    if (frames > 0) {
      frames--;
    }
  }
}
