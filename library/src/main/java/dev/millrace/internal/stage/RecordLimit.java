package dev.millrace.internal.stage;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The limit on the size of records, which follows from the producer's on requests: a record that is
 * refused here has its coordinates, one that the producer refuses aborts its transaction.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param maxBytes the largest sum of key, value and headers
 */
public record RecordLimit(int maxBytes) {

  /** Room for the heads of record and batch. */
  private static final int HEADS_BYTES = 1024;

  private static final int HEADER_OVERHEAD_BYTES = 10;

  /** {@return the limit for a producer whose requests have up to so many bytes} */
  public static RecordLimit ofRequests(int bytes) {
    return new RecordLimit(Math.max(bytes - HEADS_BYTES, bytes / 2));
  }

  /** {@return the size of frames, which leaves room for an entry as large as the frame} */
  public int frameBytes(int wanted) {
    return Math.min(wanted, maxBytes / 2);
  }

  /** {@return the bytes of key, value and headers} */
  public static long sizeBytes(ProducerRecord<byte[], byte[]> record) {
    return length(record.key()) + length(record.value()) + sizeBytes(record.headers());
  }

  /** {@return the bytes of headers} */
  public static long sizeBytes(Headers headers) {
    long bytes = 0;
    for (Header header : headers) {
      bytes += HEADER_OVERHEAD_BYTES + header.key().length() * 3L + length(header.value());
    }
    return bytes;
  }

  private static long length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  /** {@return what is wrong with a size, and which settings raise the limit} */
  public static String excess(long bytes, long most) {
    return bytes
        + " bytes of at most "
        + most
        + "; kafka.producer.max.request.size raises the limit, together with max.message.bytes of"
        + " the topic";
  }
}
