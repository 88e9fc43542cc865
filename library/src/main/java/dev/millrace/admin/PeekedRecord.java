package dev.millrace.admin;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record made readable.
 *
 * <p><b>Threads.</b> Immutable, as long as nobody writes into the arrays.
 *
 * @param kind what it was taken for
 * @param topic the topic
 * @param partition the partition
 * @param offset the offset
 * @param timestampMs Kafka's timestamp, milliseconds since the epoch
 * @param headers the headers as text, in their order
 * @param key the key as null, a text or a map
 * @param value the value as null, a text, a number, a list or a map, ready to be printed as JSON
 * @param rawKey the bytes
 * @param rawValue the bytes
 */
// Arrays, because raw bytes are what is asked for; nobody compares these records.
@SuppressWarnings("ArrayRecordComponent")
public record PeekedRecord(
    Kind kind,
    String topic,
    int partition,
    long offset,
    long timestampMs,
    Map<String, String> headers,
    @Nullable Object key,
    @Nullable Object value,
    byte @Nullable [] rawKey,
    byte @Nullable [] rawValue) {

  /** The kinds of records. */
  public enum Kind {
    /** A user's record: JSON or text where it is one, else hexadecimal. */
    PLAIN,
    /** A frame of a shuffle, with its entries. */
    FRAME,
    /** A row of state. */
    ROW,
    /** A commit frame: where a task stood at a commit. */
    COMMIT,
    /** A record of a job's meta topic. */
    META,
    /** An instance's report. */
    STATUS
  }

  /** Copies the headers. */
  public PeekedRecord {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }
}
