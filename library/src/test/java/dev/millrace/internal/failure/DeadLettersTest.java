package dev.millrace.internal.failure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.shuffle.SentRecords;
import dev.millrace.internal.stage.RecordLimit;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a dead letter is written as, whatever its size. */
final class DeadLettersTest {

  private static final int LIMIT = 20_000;

  private final SentRecords sender = new SentRecords();
  private final List<ProducerRecord<byte[], byte[]>> sent = sender.records;
  private final DeadLetters letters = new DeadLetters("errors", sender, new RecordLimit(LIMIT));

  private static RecordHeaders headers(String... namesAndValues) {
    RecordHeaders headers = new RecordHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], utf8(namesAndValues[i + 1]));
    }
    return headers;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] noise(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static @Nullable String header(ProducerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  private static byte[] joined(List<ProducerRecord<byte[], byte[]>> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < parts.size(); i++) {
      assertThat(header(parts.get(i), "millrace.part")).isEqualTo("" + (i + 1));
      assertThat(header(parts.get(i), "millrace.parts")).isEqualTo("" + parts.size());
      assertThat(header(parts.get(i), "millrace.letter"))
          .isNotNull()
          .isEqualTo(header(parts.get(0), "millrace.letter"));
      all.writeBytes(requireNonNull(parts.get(i).value()));
    }
    return all.toByteArray();
  }

  private void assertThatAllFit(int limit) {
    assertThat(sent)
        .isNotEmpty()
        .allSatisfy(
            record -> {
              assertThat(RecordLimit.sizeBytes(record)).isLessThanOrEqualTo(limit);
              assertThat(record.topic()).isEqualTo("errors");
            });
  }

  @Test
  void aLetterThatFitsIsOneRecord() {
    letters.send(utf8("k"), utf8("v"), headers("own", "1"), headers("millrace.offset", "7"));
    assertThat(sent).hasSize(1);
    ProducerRecord<byte[], byte[]> letter = sent.get(0);
    assertThat(letter.key()).isEqualTo(utf8("k"));
    assertThat(letter.value()).isEqualTo(utf8("v"));
    assertThat(letter.headers()).isEqualTo(headers("own", "1", "millrace.offset", "7"));
  }

  @Test
  void theSmallestLetterThatDoesNotFitIsTwoRecords() {
    RecordHeaders own = headers("millrace.offset", "7");
    int most = LIMIT - (int) RecordLimit.sizeBytes(own);
    letters.send(null, noise(1, most), headers(), own);
    assertThat(sent).hasSize(1);
    sent.clear();
    byte[] value = noise(1, most + 1);
    letters.send(null, value, headers(), own);
    assertThat(sent).hasSize(2);
    assertThat(joined(sent)).isEqualTo(value);
    assertThatAllFit(LIMIT);
  }

  @Test
  void partsHaveKeyAndHeadersOfTheLetter() {
    byte[] value = noise(2, 5 * LIMIT);
    RecordHeaders own = headers("millrace.offset", "7", "millrace.message", "m".repeat(2_000));
    letters.send(utf8("k"), value, headers("trace", "x"), own);
    assertThat(sent.size()).isBetween(6, 8);
    assertThat(joined(sent)).isEqualTo(value);
    assertThatAllFit(LIMIT);
    assertThat(sent)
        .allSatisfy(
            part -> {
              assertThat(part.key()).isEqualTo(utf8("k"));
              assertThat(header(part, "trace")).isEqualTo("x");
              assertThat(header(part, "millrace.offset")).isEqualTo("7");
              assertThat(header(part, "millrace.omitted")).isNull();
            });
  }

  @Test
  void aLargeKeyIsCutWithTheValue() {
    byte[] key = noise(3, 3 * LIMIT);
    letters.send(key, utf8("value"), headers(), headers("millrace.offset", "7"));
    assertThat(sent).allSatisfy(part -> assertThat(part.key()).isNull());
    assertThatAllFit(LIMIT);
    byte[] all = joined(sent);
    int keyBytes = Integer.parseInt(requireNonNull(header(sent.get(0), "millrace.key-bytes")));
    assertThat(Arrays.copyOf(all, keyBytes)).isEqualTo(key);
    assertThat(Arrays.copyOfRange(all, keyBytes, all.length)).isEqualTo(utf8("value"));
  }

  @Test
  void aLargeKeyWithoutAValueIsCutByItself() {
    byte[] key = noise(4, LIMIT + 1);
    letters.send(key, null, headers(), headers());
    assertThat(joined(sent)).isEqualTo(key);
    assertThat(header(sent.get(1), "millrace.key-bytes")).isEqualTo("" + (LIMIT + 1));
  }

  /** With a key that was cut into its value, a replay would put back another record. */
  @Test
  void aLetterThatFitsWithAShorterMessageIsTheWholeRecord() {
    byte[] key = noise(8, 6_000);
    letters.send(key, null, headers("trace", "x"), headers("millrace.message", "m".repeat(15_000)));
    assertThat(sent).hasSize(1);
    assertThatAllFit(LIMIT);
    assertThat(sent.get(0).key()).isEqualTo(key);
    assertThat(sent.get(0).value()).isNull();
    assertThat(header(sent.get(0), "trace")).isEqualTo("x");
    assertThat(header(sent.get(0), "millrace.key-bytes")).isNull();
    assertThat(header(sent.get(0), "millrace.message")).startsWith("mmm");
  }

  @Test
  void largeHeadersOfTheRecordAreLeftOut() {
    RecordHeaders original = headers("trace", "x".repeat(LIMIT));
    letters.send(utf8("k"), utf8("v"), original, headers("millrace.offset", "7"));
    assertThat(sent).hasSize(1);
    assertThatAllFit(LIMIT);
    assertThat(sent.get(0).key()).isEqualTo(utf8("k"));
    assertThat(sent.get(0).value()).isEqualTo(utf8("v"));
    assertThat(header(sent.get(0), "trace")).isNull();
    assertThat(header(sent.get(0), "millrace.omitted")).isEqualTo("headers");
    assertThat(header(sent.get(0), "millrace.parts")).isNull();
  }

  /** Its parts must not be taken for one another's. */
  @Test
  void anotherLetterWithTheSameContentHasAnotherName() {
    byte[] value = noise(5, 2 * LIMIT);
    letters.send(null, value, headers(), headers("millrace.offset", "7"));
    letters.send(null, value, headers(), headers("millrace.offset", "8"));
    letters.send(utf8("k"), value, headers(), headers("millrace.offset", "7"));
    letters.send(null, value, headers(), headers("millrace.offset", "7"));
    assertThat(sent.stream().map(part -> header(part, "millrace.letter")).distinct()).hasSize(3);
  }

  /** A record may be a part of a letter: what fails then is that record. */
  @Test
  void aLetterOfAPartOfALetterIsNoPart() {
    RecordHeaders original =
        headers(
            "millrace.letter",
            "a",
            "millrace.part",
            "1",
            "millrace.parts",
            "2",
            "millrace.offset",
            "3",
            "trace",
            "x");
    letters.send(null, utf8("v"), original, headers("millrace.offset", "7"));
    assertThat(sent.get(0).headers())
        .isEqualTo(headers("millrace.offset", "3", "trace", "x", "millrace.offset", "7"));
  }

  @Test
  void whatTheBrokerRefusesIsWrittenInSmallerParts() {
    byte[] value = noise(6, 30_000);
    RecordHeaders own =
        headers(
            "millrace.topic",
            "t".repeat(249),
            "millrace.message",
            "m".repeat(6_000),
            "millrace.exception",
            "e".repeat(300));
    letters.send(utf8("k"), value, headers(), own);
    assertThat(sent).hasSize(2);
    int limit = LIMIT;
    while (letters.shrink()) {
      limit /= 2;
      sent.clear();
      letters.send(utf8("k"), value, headers(), own);
      assertThat(joined(sent)).isEqualTo(value);
      assertThatAllFit(Math.max(limit, 4 << 10));
    }
    assertThat(limit).isLessThan(8 << 10);
  }

  @Test
  void lettersAreNotToBlameIfNoneWasWritten() {
    assertThat(letters.shrink()).isFalse();
  }

  /** A limit that no dead letter can keep to does not keep it from being sent. */
  @Test
  void aTinyLimitStillLeavesRoomForAPiece() {
    DeadLetters tiny = new DeadLetters("errors", sender, new RecordLimit(500));
    byte[] value = noise(7, 2_000);
    tiny.send(null, value, headers(), headers("millrace.offset", "7"));
    assertThat(joined(sent)).isEqualTo(value);
  }
}
