package dev.millrace.internal.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.internal.util.MalformedBytesException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What users read of texts that cannot be decoded. */
@NullUnmarked
final class JsonErrorsTest {

  enum Color {
    RED,
    GREEN
  }

  record Line(String sku, double price, int[] counts) {}

  record Order(
      String id,
      Instant at,
      List<Line> lines,
      Map<String, Long> sums,
      Map<Integer, Color> colors,
      Optional<Line> best,
      UUID ref,
      boolean paid,
      char grade) {}

  record Picky(int n) {
    Picky {
      if (n < 0) {
        throw new IllegalArgumentException("n must not be negative");
      }
    }
  }

  sealed interface Shape {
    record Circle(double r) implements Shape {}
  }

  record Holder(Shape shape, Runnable task) {}

  private static Throwable failure(Class<?> type, byte[] bytes) {
    Throwable failure = catchThrowable(() -> JsonCodec.decoder(type).decode(bytes));
    assertThat(failure).isInstanceOf(MalformedBytesException.class);
    return failure;
  }

  private static String message(Class<?> type, String json) {
    return failure(type, json.getBytes(StandardCharsets.UTF_8)).getMessage();
  }

  @Test
  void namesTheFieldTheByteAndTheValue() {
    assertThat(message(Order.class, "{\"id\":\"a\",\"lines\":[{\"price\":1},{\"price\":\"abc\"}]}"))
        .isEqualTo(
            "Cannot decode JSON as Order: 'lines[1].price' is \"abc\", not a double (at byte 40 of"
                + " 48, value {\"id\":\"a\",\"lines\":[{\"price\":1},{\"price\":\"abc\"}]})");
    assertThat(message(Order.class, "{\"sums\":{\"a\":\"b\"}}"))
        .contains("'sums.a' is \"b\", not a");
    assertThat(message(Order.class, "{\"colors\":{\"1\":\"BLUE\"}}"))
        .contains("'colors.1' is \"BLUE\", not one of RED, GREEN");
    assertThat(message(Order.class, "{\"colors\":{\"1\":0}}")).contains("'colors.1' is");
    assertThat(message(Order.class, "{\"lines\":{}}"))
        .contains("'lines' is not a list (it is an object)");
  }

  @Test
  void theConstructorOfTheTypeIsTheOnlyCause() {
    Throwable failure = failure(Picky.class, "{\"n\":-1}".getBytes(StandardCharsets.UTF_8));
    assertThat(failure)
        .hasMessageContaining("it was refused by its type: n must not be negative")
        .cause()
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasNoCause();
    assertThat(failure(Picky.class, "{".getBytes(StandardCharsets.UTF_8))).hasNoCause();
  }

  @Test
  void theValueIsShortenedAndOnOneLine() {
    String text = "{\"id\":\"\u00e4\u202e\",\n\"x\":\"" + "y".repeat(500) + "\"";
    String message = message(Order.class, text);
    assertThat(message)
        .contains("value {\"id\":\"\u00e4\\xE2\\x80\\xAE\",\\x0A\"x\":\"yyy")
        .endsWith("y...)");
    assertThat(message.length()).isLessThan(400);
    byte[] binary = {0, 0, 0, 0, 7, (byte) 0xFF, (byte) 0xC3};
    assertThat(failure(Order.class, binary).getMessage())
        .contains("value \\x00\\x00\\x00\\x00\\x07\\xFF\\xC3)");
  }

  @Test
  void noMessageNamesASettingOrTheLibrary() {
    String[] values = {
      "null",
      "true",
      "0",
      "-1",
      "1.5",
      "1e999",
      "NaN",
      "Infinity",
      "'a'",
      "\"\"",
      "\" \"",
      "\"x\"",
      "\"5\"",
      "[]",
      "[1]",
      "[[]]",
      "{}",
      "{\"a\":1}",
      "{\"a\":null}",
      "{a:1}",
      "// c",
      "01",
      "+1",
      ".5",
      "5.",
      "\"\\x\"",
      "\"a\tb\"",
      "\"\u0000\"",
      "[1,]",
      "[,]",
      "nulll",
      "tru",
      "\"",
      "9".repeat(30),
      "9".repeat(1100),
      "[".repeat(1200),
      "[null]",
      "{\"\":\"\"}",
      "{\"x\":{}}",
      "{\"1\":\"\"}",
      "\"1767225600000000\"",
      "\uFEFF1",
      "@",
      "\"2026-13-01T00:00:00Z\"",
      "{\"1\":5}"
    };
    String[] names = {
      "id", "at", "lines", "sums", "colors", "best", "ref", "paid", "grade", "price", "shape",
      "task"
    };
    for (String value : values) {
      for (String name : names) {
        for (Class<?> type : List.of(Order.class, Line.class, Holder.class, Picky.class)) {
          check(type, "{\"" + name + "\":" + value + "}");
        }
      }
      for (Class<?> type :
          List.of(
              Order.class,
              Long.class,
              String.class,
              Color.class,
              Instant.class,
              int[].class,
              Boolean.class,
              UUID.class)) {
        check(type, value);
      }
    }
  }

  private static void check(Class<?> type, String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    JsonDecoder<Object> decoder = JsonCodec.decoder(type);
    Throwable failure = catchThrowable(() -> decoder.decode(bytes));
    if (failure == null) {
      return;
    }
    assertThat(failure).as(json).isInstanceOf(MalformedBytesException.class);
    assertThat(failure.getMessage().replace(json, ""))
        .as(json)
        .startsWith("Cannot decode JSON as ")
        .doesNotContain("Feature", "apper", "FAIL_ON", "jackson", "reator", "eserializ", "\n", "`")
        .doesNotContain("JsonToken", "enable", "reference chain", "dev.millrace", "Source:");
    assertThat(failure.getMessage().length()).as(json).isLessThan(1000);
  }
}
