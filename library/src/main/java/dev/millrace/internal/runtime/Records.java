package dev.millrace.internal.runtime;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** The size of records and its limit: by default producers and brokers accept up to 1 MiB. */
final class Records {

  /** The largest sum of key, value and headers, with room for the heads of record and batch. */
  static final int MAX_BYTES = (1 << 20) - 1024;

  private static final int HEADER_OVERHEAD_BYTES = 10;

  private Records() {}

  /** {@return the bytes of key, value and headers} */
  static long sizeBytes(ProducerRecord<byte[], byte[]> record) {
    long bytes = length(record.key()) + length(record.value());
    for (Header header : record.headers()) {
      bytes += HEADER_OVERHEAD_BYTES + header.key().length() * 3L + length(header.value());
    }
    return bytes;
  }

  private static long length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
