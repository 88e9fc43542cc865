package dev.millrace;

import dev.millrace.internal.frame.FrameReader;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Frames of a shuffle that say how far event time has come, though their transaction goes on. */
public final class EarlyTimes {

  private EarlyTimes() {}

  /** {@return how many of some frames are such} */
  public static int in(List<ConsumerRecord<byte[], byte[]>> frames) {
    FrameReader reader = new FrameReader();
    int early = 0;
    for (ConsumerRecord<byte[], byte[]> frame : frames) {
      reader.reset(frame.value(), 0, frame.value().length);
      early += !reader.isLastOfTransaction() && reader.updateCount() > 0 ? 1 : 0;
    }
    return early;
  }
}
