package dev.millrace.internal.failure;

import static dev.millrace.internal.stage.LetterHeaders.KEY_BYTES;
import static dev.millrace.internal.stage.LetterHeaders.LETTER;
import static dev.millrace.internal.stage.LetterHeaders.OMITTED;
import static dev.millrace.internal.stage.LetterHeaders.PART;
import static dev.millrace.internal.stage.LetterHeaders.PARTS;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.stage.LetterHeaders;
import dev.millrace.internal.stage.RecordLimit;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of a worker. One that is too large for a record is written as several, so that
 * its size never stops a job that was to go on, and nothing of it is lost.
 *
 * <p>It is the value that is cut, into pieces of one size but for the last. Each part has key and
 * headers of the letter, and besides {@link LetterHeaders#PART}, counted from 1, {@link
 * LetterHeaders#PARTS}, and the name of the letter, {@link LetterHeaders#LETTER}: the parts of one
 * letter make up its value in the order of their numbers. A letter that is written again, as
 * without exactly-once it may be, has the same name again, with the same parts if there are as
 * many. A key that is large itself is cut with the value: it is the first {@link
 * LetterHeaders#KEY_BYTES} bytes of it, and the parts have no key. Headers of the failed record
 * that are large are left out, which {@link LetterHeaders#OMITTED} shows; the record is found by
 * the coordinates.
 *
 * <p>How large a record of the topic may be is known only to the broker. If it refuses a letter,
 * the next attempt writes smaller ones.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class DeadLetters {

  /** What only a letter that was cut has; not to be taken over from a record that was one. */
  private static final List<String> OF_CUT_LETTERS =
      List.of(LETTER, PART, PARTS, KEY_BYTES, OMITTED);

  /** Room for the headers of a part. */
  private static final int PART_HEADERS_BYTES = 400;

  /** What is larger than this part of the room is not repeated with each part. */
  private static final int REPEATED_SHARE = 4;

  /** Room for one of our own headers, as a part of a record: there are some dozen of them. */
  private static final int OWN_HEADER_SHARE = 24;

  private static final int SMALLEST_PIECE_BYTES = 256;

  /** Records of a topic are expected to be as large as this at least. */
  private static final int SMALLEST_LIMIT_BYTES = 4 << 10;

  private final String topic;
  private final Sender sender;
  private int maxBytes;

  /** The largest record that was written. */
  private long largestBytes;

  /**
   * Creates the letters of a worker.
   *
   * @param limit the producer's limit on records
   */
  public DeadLetters(String topic, Sender sender, RecordLimit limit) {
    this.topic = topic;
    this.sender = sender;
    this.maxBytes = limit.maxBytes();
  }

  public String topic() {
    return topic;
  }

  /**
   * Sends a letter.
   *
   * @param original the headers of the failed record, if there is one
   * @param own the headers that describe what failed
   */
  void send(byte @Nullable [] key, byte @Nullable [] value, Headers original, Headers own) {
    ProducerRecord<byte[], byte[]> whole = record(key, value, original, own);
    if (RecordLimit.sizeBytes(whole) <= maxBytes) {
      send(whole);
      return;
    }
    RecordHeaders shortened = shortened(own);
    ProducerRecord<byte[], byte[]> brief = record(key, value, original, shortened);
    if (RecordLimit.sizeBytes(brief) <= maxBytes) {
      send(brief);
    } else {
      sendParts(key, value, original, shortened);
    }
  }

  private void sendParts(
      byte @Nullable [] key, byte @Nullable [] value, Headers original, RecordHeaders own) {
    long room = maxBytes - PART_HEADERS_BYTES - RecordLimit.sizeBytes(own);
    Headers repeated = original;
    if (RecordLimit.sizeBytes(original) > room / REPEATED_SHARE) {
      repeated = new RecordHeaders();
      own.add(OMITTED, bytes("headers"));
    }
    byte[] partKey = key;
    byte[] content = value == null ? new byte[0] : value;
    if (key != null && key.length > room / REPEATED_SHARE) {
      partKey = null;
      content = Arrays.copyOf(key, key.length + content.length);
      if (value != null) {
        System.arraycopy(value, 0, content, key.length, value.length);
      }
      own.add(KEY_BYTES, bytes(Integer.toString(key.length)));
    }
    room -= RecordLimit.sizeBytes(repeated) + (partKey == null ? 0 : partKey.length);
    room = Math.max(room, SMALLEST_PIECE_BYTES);
    int parts = (int) ((content.length + room - 1) / room);
    if (parts <= 1) {
      send(record(partKey, partKey == key ? value : content, repeated, own));
      return;
    }
    own.add(LETTER, bytes(name(key, content, own)));
    own.add(PARTS, bytes(Integer.toString(parts)));
    int pieceBytes = (content.length + parts - 1) / parts;
    for (int part = 0; part < parts; part++) {
      int from = part * pieceBytes;
      byte[] piece = Arrays.copyOfRange(content, from, Math.min(from + pieceBytes, content.length));
      RecordHeaders numbered = new RecordHeaders(own);
      numbered.add(PART, bytes(Integer.toString(part + 1)));
      send(record(partKey, piece, repeated, numbered));
    }
  }

  /** {@return a name that no other letter has, and the same one if it is written again} */
  private static String name(byte @Nullable [] key, byte[] content, Headers own) {
    StringBuilder all = new StringBuilder();
    all.append(UUID.nameUUIDFromBytes(content));
    if (key != null) {
      all.append(UUID.nameUUIDFromBytes(key));
    }
    for (Header header : own) {
      all.append(header.key()).append(new String(header.value(), StandardCharsets.UTF_8));
    }
    return UUID.nameUUIDFromBytes(bytes(all.toString())).toString();
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    largestBytes = Math.max(largestBytes, RecordLimit.sizeBytes(record));
    sender.send(record);
  }

  private ProducerRecord<byte[], byte[]> record(
      byte @Nullable [] key, byte @Nullable [] value, Headers original, Headers own) {
    RecordHeaders headers = new RecordHeaders(original);
    OF_CUT_LETTERS.forEach(headers::remove);
    own.forEach(headers::add);
    return new ProducerRecord<>(topic, null, null, key, value, headers);
  }

  /** Where records are small, our own headers must not take all of their room. */
  private RecordHeaders shortened(Headers own) {
    int most = maxBytes / OWN_HEADER_SHARE;
    RecordHeaders shortened = new RecordHeaders();
    for (Header header : own) {
      byte[] value = header.value();
      shortened.add(header.key(), value.length <= most ? value : Arrays.copyOf(value, most));
    }
    return shortened;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Notes that the broker found a record of the topic too large: from now on they are smaller.
   *
   * @return whether they can be; if not, another attempt makes no sense
   */
  public boolean shrink() {
    long largest = Math.min(maxBytes, largestBytes);
    if (largest <= SMALLEST_LIMIT_BYTES) {
      return false;
    }
    maxBytes = (int) Math.max(SMALLEST_LIMIT_BYTES, largest / 2);
    largestBytes = 0;
    return true;
  }
}
