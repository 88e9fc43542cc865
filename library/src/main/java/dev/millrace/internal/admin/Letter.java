package dev.millrace.internal.admin;

import dev.millrace.admin.LetterKind;
import dev.millrace.internal.stage.LetterHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter of a job, taken apart into what the record that failed had and what the job has
 * added.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Letter {

  private static final int NONE = -1;

  private final ConsumerRecord<byte[], byte[]> stored;
  private final List<Header> original;
  private final Map<String, String> own;
  private final LetterKind kind;

  private Letter(
      ConsumerRecord<byte[], byte[]> stored, List<Header> original, Map<String, String> own) {
    this.stored = stored;
    this.original = original;
    this.own = own;
    this.kind =
        new LetterKind(
            own(LetterHeaders.STAGE),
            own(LetterHeaders.OPERATOR),
            own(LetterHeaders.TOPIC),
            own(LetterHeaders.EXCEPTION),
            own(LetterHeaders.LIFE));
  }

  /** {@return the letter, if it is one of this job; the parts of one are as many letters} */
  static Optional<Letter> of(ConsumerRecord<byte[], byte[]> stored, String job) {
    Header[] headers = stored.headers().toArray();
    int first = headers.length - 1;
    while (first >= 0 && !headers[first].key().equals(LetterHeaders.JOB)) {
      first--;
    }
    if (first < 0 || !job.equals(text(headers[first].value()))) {
      return Optional.empty();
    }
    Map<String, String> own = new HashMap<>();
    for (int i = first; i < headers.length; i++) {
      own.put(headers[i].key(), text(headers[i].value()));
    }
    List<Header> original = new ArrayList<>(List.of(headers).subList(0, first));
    return Optional.of(new Letter(stored, original, own));
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }

  private String own(String name) {
    return own.getOrDefault(name, "");
  }

  private long number(String name, long otherwise) {
    try {
      return own.containsKey(name) ? Long.parseLong(own(name)) : otherwise;
    } catch (NumberFormatException e) {
      return otherwise; // Somebody else's; whatever needs it will not find the record.
    }
  }

  LetterKind kind() {
    return kind;
  }

  /** {@return the letter as it is written} */
  ConsumerRecord<byte[], byte[]> stored() {
    return stored;
  }

  /** {@return the headers of the record} */
  List<Header> original() {
    return original;
  }

  String message() {
    return own(LetterHeaders.MESSAGE);
  }

  /** {@return the partition of the record; negative if it is none} */
  int recordPartition() {
    return (int) number(LetterHeaders.PARTITION, NONE);
  }

  /** {@return the offset of the record; negative if it is none} */
  long recordOffset() {
    return number(LetterHeaders.OFFSET, NONE);
  }

  /** {@return the timestamp of the record in milliseconds; negative if it has none} */
  long recordTimestampMs() {
    return number(LetterHeaders.TIMESTAMP, ConsumerRecord.NO_TIMESTAMP);
  }

  int parts() {
    return (int) number(LetterHeaders.PARTS, 1);
  }

  /** {@return whether this is a part of a letter, and not the first one} */
  boolean isLaterPart() {
    return number(LetterHeaders.PART, 1) > 1;
  }

  /** {@return whether the letter has all of its record, its key as a key} */
  boolean isWhole() {
    return parts() == 1
        && !own.containsKey(LetterHeaders.OMITTED)
        && !own.containsKey(LetterHeaders.KEY_BYTES);
  }

  /** {@return the number of bytes of the value, or of this part of it, that are of the key} */
  int keyBytes() {
    return (int) number(LetterHeaders.KEY_BYTES, 0);
  }
}
