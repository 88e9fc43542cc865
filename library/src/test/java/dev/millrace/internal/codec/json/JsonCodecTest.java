package dev.millrace.internal.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked // as the programs of most users are
final class JsonCodecTest {

  record Word(String word, long count) {}

  private record Plain(
      String text,
      long number,
      int small,
      double ratio,
      boolean flag,
      Instant at,
      Long boxedNumber,
      Integer boxedSmall,
      Double boxedRatio,
      Boolean boxedFlag) {}

  record Rich(
      String id,
      BigDecimal price,
      Instant at,
      LocalDate day,
      Duration took,
      Optional<String> note,
      List<Word> words,
      Map<String, Long> sums,
      Color color) {}

  enum Color {
    RED,
    GREEN {
      @Override
      public String toString() {
        return "green";
      }
    }
  }

  record Renamed(@JsonProperty("w") String word, long count) {}

  record Strict(String word, long count) {
    Strict {
      Objects.requireNonNull(word, "word is missing");
    }

    public boolean isEmpty() {
      return word.isEmpty();
    }

    public String getUpper() {
      return word + "!";
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static <T> T decode(Class<T> type, String json) {
    return JsonCodec.<T>decoder(type).decode(utf8(json));
  }

  private static <T> String encode(Class<T> type, T value) {
    return new String(JsonCodec.<T>encoder(type).encode(value), StandardCharsets.UTF_8);
  }

  @Test
  void readsAPlainRecord() {
    assertThat(decode(Word.class, "{\"word\":\"Kafka\",\"count\":12}"))
        .isEqualTo(new Word("Kafka", 12));
    assertThat(decode(Word.class, " { \"count\" : -12 ,\n\t\"word\" : null } "))
        .isEqualTo(new Word(null, -12));
    assertThat(decode(Word.class, "{\"count\":0,\"word\":\"\\u00e4\\n\\\"\uD83D\uDE00\"}"))
        .isEqualTo(new Word("\u00e4\n\"\uD83D\uDE00", 0));
  }

  @Test
  void readsASliceOnly() {
    byte[] bytes = utf8("xx{\"word\":\"a\",\"count\":1}yy");
    assertThat(JsonCodec.<Word>decoder(Word.class).decode(bytes, 2, bytes.length - 4))
        .isEqualTo(new Word("a", 1));
  }

  @Test
  void unknownPropertiesAreIgnored() {
    assertThat(
            decode(
                Word.class,
                "{\"x\":{\"y\":[1,-2.5e+7,\"\\u00e4\\\\\",null,true,{}],\"z\":[]},\"count\":1,"
                    + "\"\u00e4\":1}"))
        .isEqualTo(new Word(null, 1));
  }

  @Test
  void malformedInputIsReportedInAShortSentence() {
    checkMalformed(Word.class, "", "No content");
    checkMalformed(Word.class, "null", "it is null");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":1", "end-of-input");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":1} x", "Unrecognized token");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":1}{}", "railing token");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":01}", "zero");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":1.5}", "'count' is \"1.5\", not a long");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":99999999999999999999}", "out of range");
    checkMalformed(Word.class, "{\"word\":\"a\",\"count\":null}", "'count' is null");
    checkMalformed(Word.class, "[1]", "it is not a Word (it is an array)");
    checkMalformed(Word.class, "\"word\"", "it is not a Word (it is text)");
    checkMalformed(Strict.class, "{\"count\":1}", "it was refused by its type: word is missing");
  }

  private static void checkMalformed(Class<?> type, String json, String reason) {
    assertThatThrownBy(() -> decode(type, json))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageStartingWith("Cannot decode JSON as " + type.getSimpleName() + ": ")
        .hasMessageContaining(reason)
        .message()
        .hasSizeLessThan(600)
        .doesNotContain("\n");
  }

  @Test
  void writesAPlainRecordOnOneLine() {
    assertThat(encode(Word.class, new Word("K\"\u00e4", -5)))
        .isEqualTo("{\"word\":\"K\\\"\u00e4\",\"count\":-5}");
    assertThat(
            encode(
                Plain.class,
                new Plain(
                    null,
                    1,
                    2,
                    0.5,
                    true,
                    Instant.parse("2026-01-02T03:04:05Z"),
                    3L,
                    4,
                    1e30,
                    false)))
        .isEqualTo(
            "{\"text\":null,\"number\":1,\"small\":2,\"ratio\":0.5,\"flag\":true,"
                + "\"at\":\"2026-01-02T03:04:05Z\",\"boxedNumber\":3,\"boxedSmall\":4,"
                + "\"boxedRatio\":1.0E30,\"boxedFlag\":false}");
  }

  @Test
  void appendsToWhatIsThere() {
    ByteWriter out = new ByteWriter();
    JsonEncoder<Word> encoder = JsonCodec.encoder(Word.class);
    encoder.encode(new Word("a", 1), out);
    out.writeByte('\n');
    encoder.encode(new Word("\u0001", 2), out);
    assertThat(new String(out.toByteArray(), StandardCharsets.UTF_8))
        .isEqualTo("{\"word\":\"a\",\"count\":1}\n{\"word\":\"\\u0001\",\"count\":2}");
  }

  @Test
  void richRecordsUseIsoDatesAndComeBack() {
    Rich rich =
        new Rich(
            "a",
            new BigDecimal("1.50"),
            Instant.parse("2026-01-01T00:00:00.123456789Z"),
            LocalDate.of(2026, 1, 2),
            Duration.ofMinutes(5),
            Optional.of("n"),
            List.of(new Word("w", 1)),
            Map.of("s", 2L),
            Color.GREEN);
    String json = encode(Rich.class, rich);
    assertThat(json)
        .isEqualTo(
            "{\"id\":\"a\",\"price\":1.50,\"at\":\"2026-01-01T00:00:00.123456789Z\","
                + "\"day\":\"2026-01-02\",\"took\":\"PT5M\",\"note\":\"n\","
                + "\"words\":[{\"word\":\"w\",\"count\":1}],\"sums\":{\"s\":2},"
                + "\"color\":\"GREEN\"}");
    assertThat(decode(Rich.class, json)).isEqualTo(rich);
  }

  @Test
  void genericTypesAndPlainTypesComeBack() {
    TypeRef<List<Word>> type = new TypeRef<>() {};
    byte[] json = JsonCodec.<List<Word>>encoder(type.type()).encode(List.of(new Word("a", 1)));
    assertThat(JsonCodec.<List<Word>>decoder(type.type()).decode(json))
        .containsExactly(new Word("a", 1));
    assertThat(decode(String.class, "\"a\"")).isEqualTo("a");
    assertThat(decode(Long.class, "5")).isEqualTo(5);
  }

  @Test
  void annotationsOfTheLibraryAreObeyed() {
    assertThat(encode(Renamed.class, new Renamed("a", 1))).isEqualTo("{\"w\":\"a\",\"count\":1}");
    assertThat(decode(Renamed.class, "{\"w\":\"a\",\"count\":1}")).isEqualTo(new Renamed("a", 1));
  }

  @Test
  void recordsAreTheirComponentsAndNoOtherMethods() {
    assertThat(encode(Strict.class, new Strict("a", 1))).isEqualTo("{\"word\":\"a\",\"count\":1}");
  }

  static final class Cyclic {
    public Cyclic next = this;
  }

  @Test
  void whatHasNoJsonIsReported() {
    assertThatThrownBy(() -> encode(Cyclic.class, new Cyclic()))
        .isInstanceOf(MillraceException.class)
        .hasMessageStartingWith("Cannot encode a Cyclic as JSON: ");
  }

  @Test
  void bothEncodersWriteTheSameBytes() {
    JsonEncoder<Plain> encoder = JsonCodec.encoder(Plain.class);
    long seed = 2026;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      Plain plain = plain(random);
      byte[] expected;
      try {
        expected = encoder.encodeGeneral(plain);
      } catch (MillraceException e) {
        assertThatThrownBy(() -> encoder.encode(plain))
            .isInstanceOf(MillraceException.class)
            .hasMessage(e.getMessage());
        continue;
      }
      assertThat(new String(encoder.encode(plain), StandardCharsets.UTF_8))
          .as("seed %d, round %d", seed, i)
          .isEqualTo(new String(expected, StandardCharsets.UTF_8));
    }
  }

  @Test
  void bothEncodersWriteTheSameTextsAndNumbers() {
    long seed = 2027;
    Random random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      long number = random.nextLong() >> random.nextInt(64);
      for (Object value : List.of(text(random), number, (int) number)) {
        JsonEncoder<Object> encoder = JsonCodec.encoder(value.getClass());
        byte[] expected;
        try {
          expected = encoder.encodeGeneral(value);
        } catch (MillraceException e) {
          assertThatThrownBy(() -> encoder.encode(value)).hasMessage(e.getMessage());
          continue;
        }
        assertThat(new String(encoder.encode(value), StandardCharsets.UTF_8))
            .as("seed %d, round %d", seed, i)
            .isEqualTo(new String(expected, StandardCharsets.UTF_8));
      }
    }
  }

  private static Plain plain(Random random) {
    return new Plain(
        random.nextInt(10) == 0 ? null : text(random),
        random.nextInt(3) == 0 ? random.nextInt(100) : random.nextLong(),
        random.nextInt(),
        ratio(random),
        random.nextBoolean(),
        random.nextInt(4) == 0 ? null : instant(random),
        random.nextBoolean() ? null : random.nextLong(),
        random.nextBoolean() ? null : random.nextInt(),
        random.nextBoolean() ? null : ratio(random),
        random.nextBoolean() ? null : random.nextBoolean());
  }

  private static Instant instant(Random random) {
    return switch (random.nextInt(5)) {
      case 3 -> Instant.ofEpochSecond(random.nextInt(), 1000L * random.nextInt(1_000_000));
      case 0 -> Instant.ofEpochSecond(random.nextInt());
      case 1 -> Instant.ofEpochMilli((long) random.nextInt() * random.nextInt(5000));
      case 2 -> Instant.ofEpochSecond(random.nextLong() % 400_000_000_000L, random.nextInt());
      default -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
    };
  }

  private static double ratio(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextInt(1000) / 10.0;
      case 1 -> random.nextDouble();
      case 2 -> random.nextInt();
      case 3 -> random.nextBoolean() ? Double.NaN : -0.0;
      default -> Double.longBitsToDouble(random.nextLong());
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int k = random.nextInt(6); k > 0; k--) {
      switch (random.nextInt(8)) {
        case 0 -> text.append((char) random.nextInt(0x20));
        case 1 -> text.append("\"\\/\u007f".charAt(random.nextInt(4)));
        case 2 -> text.append((char) (0x80 + random.nextInt(0x800)));
        case 3 -> text.appendCodePoint(0x10000 + random.nextInt(0x1000));
        case 4 -> text.append((char) random.nextInt(0x10000));
        default -> text.append((char) ('a' + random.nextInt(26)));
      }
    }
    return text.toString();
  }

  /** What a decoder did with a text: a value, or the message of its refusal. */
  private static String outcome(java.util.function.Supplier<?> decoding) {
    try {
      return "value " + decoding.get();
    } catch (MalformedBytesException | IncompatibleJobException e) {
      return "refused: " + e.getMessage();
    }
  }

  private static final JsonRules[] RULES = {
    JsonRules.DEFAULT,
    JsonRules.DEFAULT.lenient(),
    JsonRules.DEFAULT.times(JsonTimes.SECONDS),
    JsonRules.DEFAULT.times(JsonTimes.MICROS),
    JsonRules.DEFAULT.times(JsonTimes.ISO),
    JsonRules.STORED
  };

  private static void checkSame(JsonDecoder<?> decoder, byte[] json, long seed) {
    assertThat(outcome(() -> decoder.decode(json, 0, json.length)))
        .as("%s, seed %d", new String(json, StandardCharsets.UTF_8), seed)
        .isEqualTo(outcome(() -> decoder.decodeGeneral(json, 0, json.length)));
  }

  @Test
  void bothDecodersReadGeneratedTextsTheSameWay() {
    long seed = 77;
    Random random = new Random(seed);
    for (JsonRules rules : RULES) {
      JsonDecoder<Plain> decoder = JsonCodec.decoder(Plain.class, rules);
      for (int i = 0; i < 4_000; i++) {
        checkSame(decoder, utf8(JsonTexts.object(random)), seed);
      }
    }
  }

  @Test
  void bothDecodersReadDamagedTextsTheSameWay() {
    JsonDecoder<Plain> plains = JsonCodec.decoder(Plain.class);
    JsonDecoder<Word> words = JsonCodec.decoder(Word.class);
    JsonEncoder<Plain> encoder = JsonCodec.encoder(Plain.class);
    byte[] word = utf8("{\"word\":\"K\u00e4fka\",\"count\":1234,\"x\":[1,{\"y\":\"z\"}]}");
    long seed = 78;
    Random random = new Random(seed);
    for (int i = 0; i < 15_000; i++) {
      checkSame(words, damaged(word, random), seed);
      byte[] plain;
      try {
        plain = encoder.encode(plain(random));
      } catch (MillraceException e) {
        continue; // half of a surrogate pair
      }
      checkSame(plains, damaged(plain, random), seed);
    }
  }

  private static byte[] damaged(byte[] good, Random random) {
    byte[] bad =
        random.nextInt(4) == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
    for (int k = random.nextInt(3); k > 0 && bad.length > 0; k--) {
      bad[random.nextInt(bad.length)] =
          random.nextBoolean()
              ? (byte) random.nextInt()
              : (byte) "{}[]:,\"\\ 019-.eEtfnu\n".charAt(random.nextInt(21));
    }
    return bad;
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes(@JsonSubTypes.Type(value = Disc.class, name = "disc"))
  interface Figure {}

  interface Round extends Figure {}

  record Disc(double radius) implements Round {}

  interface Named {
    @JsonProperty("called")
    String name();
  }

  interface WellNamed extends Named {}

  record Ship(String name) implements WellNamed {}

  @Test
  void annotationsCountHoweverFarUpTheyAre() {
    assertThat(encode(Disc.class, new Disc(1.5))).isEqualTo("{\"kind\":\"disc\",\"radius\":1.5}");
    assertThat(decode(Figure.class, "{\"kind\":\"disc\",\"radius\":1.5}")).isEqualTo(new Disc(1.5));
    assertThat(encode(Ship.class, new Ship("Argo"))).isEqualTo("{\"called\":\"Argo\"}");
    assertThat(decode(Ship.class, "{\"called\":\"Argo\"}")).isEqualTo(new Ship("Argo"));
  }
}
