package dev.millrace.internal.codec.json;

import dev.millrace.serde.JsonTimes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Year;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over JSON text that knows the plain forms only. Every method skips white space before
 * what it looks for and reports failure by its result; after a failure the cursor is of no use.
 *
 * <p>It must never accept what the JSON library would refuse, or read it as something else: where
 * in doubt it fails, and the library reads the text.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class JsonScanner {

  static final int UNKNOWN = -1;
  static final int UNUSUAL = -2;

  private static final int NESTING_LIMIT = 100;
  private static final int NUMBER_LIMIT = 100;
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private final byte[] bytes;
  private final int end;
  private int position;
  private long number;

  JsonScanner(byte[] bytes, int position, int end) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  byte[] bytes() {
    return bytes;
  }

  int position() {
    return position;
  }

  /** {@return the number (a double by its bits, a boolean as 0 or 1) read last} */
  long number() {
    return number;
  }

  private int peek() {
    return position < end ? bytes[position] : -1;
  }

  private void skipWhite() {
    while (position < end) {
      byte b = bytes[position];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return;
      }
      position++;
    }
  }

  boolean enter(char expected) {
    skipWhite();
    if (position < end && bytes[position] == expected) {
      position++;
      return true;
    }
    return false;
  }

  boolean isAtEnd() {
    skipWhite();
    return position == end;
  }

  /** Takes {@code name} and a quote, if they come next. */
  boolean take(byte[] name) {
    int after = position + name.length;
    if (after < end
        && bytes[after] == '"'
        && Arrays.equals(bytes, position, after, name, 0, name.length)) {
      position = after + 1;
      return true;
    }
    return false;
  }

  /** Moves past the quote that ends a text of printable ASCII; returns its index, or -1. */
  int endOfPlainText() {
    for (int i = position; i < end; i++) {
      byte b = bytes[i];
      if (b == '"') {
        position = i + 1;
        return i;
      } else if (b < 0x20 || b == '\\') {
        return -1;
      }
    }
    return -1;
  }

  boolean enterNull() {
    skipWhite();
    return peek() == 'n' && literal(NULL);
  }

  private boolean literal(byte[] word) {
    int after = position + word.length;
    if (after <= end && Arrays.equals(bytes, position, after, word, 0, word.length)) {
      position = after;
      return isAtBoundary();
    }
    return false;
  }

  /** A literal or number must not run on into something else. */
  private boolean isAtBoundary() {
    if (position == end) {
      return false; // the object is not closed; the library reports it better
    }
    byte b = bytes[position];
    return b == ',' || b == '}' || b == ']' || b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  @Nullable String text() {
    if (!enter('"')) {
      return null;
    }
    int start = position;
    int seen = 0;
    for (int i = start; i < end; i++) {
      byte b = bytes[i];
      if (b == '"') {
        position = i + 1;
        if (seen >= 0) {
          return new String(bytes, start, i - start, StandardCharsets.ISO_8859_1);
        }
        String text = new String(bytes, start, i - start, StandardCharsets.UTF_8);
        // The replacement character stands for bytes that are no UTF-8.
        return text.indexOf('\uFFFD') < 0 ? text : null;
      } else if (b == '\\' || b >= 0 && b < 0x20) {
        return null;
      }
      seen |= b;
    }
    return null;
  }

  boolean truth() {
    skipWhite();
    number = peek() == 't' ? 1 : 0;
    return literal(number == 1 ? TRUE : FALSE);
  }

  /** Reads a whole number of at most 18 digits. */
  boolean whole() {
    skipWhite();
    boolean negative = peek() == '-';
    int start = negative ? position + 1 : position;
    long value = 0;
    int i = start;
    while (i < end && bytes[i] >= '0' && bytes[i] <= '9') {
      value = value * 10 + (bytes[i] - '0');
      i++;
      if (i - start > 18) {
        return false;
      }
    }
    position = i;
    number = negative ? -value : value;
    return i > start && (bytes[start] != '0' || i == start + 1) && isAtBoundary();
  }

  /**
   * Reads a decimal number whose digits are exact in a double, as is the power of ten: then one
   * multiplication or division rounds correctly.
   */
  boolean decimal() {
    skipWhite();
    boolean negative = peek() == '-';
    int start = negative ? position + 1 : position;
    long digits = 0;
    int i = start;
    while (i < end && bytes[i] >= '0' && bytes[i] <= '9' && i - start <= 17) {
      digits = digits * 10 + (bytes[i++] - '0');
    }
    if (i == start || bytes[start] == '0' && i > start + 1) {
      return false;
    }
    int scale = 0;
    if (i < end && bytes[i] == '.') {
      int point = i++;
      while (i < end && bytes[i] >= '0' && bytes[i] <= '9' && i - start <= 17) {
        digits = digits * 10 + (bytes[i++] - '0');
      }
      scale = i - point - 1;
      if (scale == 0) {
        return false;
      }
    }
    position = i;
    if (!isAtBoundary() || digits > 1L << 53 || digits == 0 && negative) {
      return false;
    }
    double value = digits / POWERS_OF_TEN[scale];
    number = Double.doubleToRawLongBits(negative ? -value : value);
    return true;
  }

  /**
   * Reads an instant of the form 2026-01-31T12:00:00Z, with up to nine digits of a fraction, or a
   * whole number in a unit.
   */
  @Nullable Instant instant(JsonTimes unit) {
    if (!enter('"')) {
      return whole() ? EpochTimes.instant(number, unit) : null;
    }
    int at = position;
    int close = endOfPlainText();
    int length = close - at;
    if (length < 20 || length > 30 || bytes[close - 1] != 'Z') {
      return null;
    }
    int year = digits(at, 4);
    int month = digits(at + 5, 2);
    int day = digits(at + 8, 2);
    int hour = digits(at + 11, 2);
    int minute = digits(at + 14, 2);
    int second = digits(at + 17, 2);
    boolean fits =
        bytes[at + 4] == '-'
            && bytes[at + 7] == '-'
            && bytes[at + 10] == 'T'
            && bytes[at + 13] == ':'
            && bytes[at + 16] == ':'
            && (year | month | day | hour | minute | second) >= 0
            && month >= 1
            && month <= 12
            && day >= 1
            && day <= (month == 2 ? Year.isLeap(year) ? 29 : 28 : 30 + (month + month / 8) % 2)
            && hour < 24
            && minute < 60
            && second < 60;
    int nanos = 0;
    if (length > 20) {
      int places = length - 21;
      nanos = places == 0 || bytes[at + 19] != '.' ? -1 : digits(at + 20, places);
      for (int i = places; i < 9 && nanos > 0; i++) {
        nanos *= 10;
      }
    }
    if (!fits || nanos < 0) {
      return null;
    }
    long days = LocalDate.of(year, month, day).toEpochDay();
    return Instant.ofEpochSecond(days * 86_400 + hour * 3600L + minute * 60L + second, nanos);
  }

  private int digits(int from, int count) {
    int value = 0;
    for (int i = from; i < from + count; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** Moves over a value of any form. */
  boolean skipValue() {
    return skipValue(0);
  }

  private boolean skipValue(int depth) {
    skipWhite();
    int first = peek();
    switch (first) {
      case '"' -> {
        position++;
        return skipText();
      }
      case '{', '[' -> {
        return depth < NESTING_LIMIT && skipNested(first == '{', depth);
      }
      case 't' -> {
        return literal(TRUE);
      }
      case 'f' -> {
        return literal(FALSE);
      }
      case 'n' -> {
        return literal(NULL);
      }
      default -> {
        return skipNumber();
      }
    }
  }

  private boolean skipNested(boolean isObject, int depth) {
    position++;
    char close = isObject ? '}' : ']';
    if (enter(close)) {
      return true;
    }
    do {
      if (isObject && !(enter('"') && endOfPlainText() >= 0 && enter(':'))) {
        return false;
      }
      if (!skipValue(depth + 1)) {
        return false;
      }
    } while (enter(','));
    return enter(close);
  }

  /** Skips a text's rest; escapes and characters beyond ASCII must be well-formed. */
  private boolean skipText() {
    while (position < end) {
      byte b = bytes[position++];
      if (b == '"') {
        return true;
      } else if (b == '\\') {
        if (!skipEscape()) {
          return false;
        }
      } else if (b < 0) {
        if (!skipUtf8(b & 0xFF)) {
          return false;
        }
      } else if (b < 0x20) {
        return false;
      }
    }
    return false;
  }

  private boolean skipEscape() {
    if (position == end) {
      return false;
    }
    byte kind = bytes[position++];
    if (kind != 'u') {
      return "\"\\/bfnrt".indexOf(kind) >= 0;
    }
    for (int i = 0; i < 4; i++) {
      if (position == end || Character.digit(bytes[position++], 16) < 0) {
        return false;
      }
    }
    return true;
  }

  private boolean skipUtf8(int first) {
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || position + more > end) {
      return false;
    }
    int second = bytes[position] & 0xFF;
    boolean isShortest =
        !(first == 0xE0 && second < 0xA0
            || first == 0xED && second > 0x9F
            || first == 0xF0 && second < 0x90
            || first == 0xF4 && second > 0x8F);
    for (int i = 0; i < more; i++) {
      if ((bytes[position++] & 0xC0) != 0x80) {
        return false;
      }
    }
    return isShortest;
  }

  private boolean skipNumber() {
    int start = position;
    if (peek() == '-') {
      position++;
    }
    int digits = position;
    if (!skipDigits() || bytes[digits] == '0' && position > digits + 1) {
      return false;
    }
    if (peek() == '.') {
      position++;
      if (!skipDigits()) {
        return false;
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      position++;
      if (peek() == '+' || peek() == '-') {
        position++;
      }
      if (!skipDigits()) {
        return false;
      }
    }
    return position - start <= NUMBER_LIMIT && isAtBoundary();
  }

  private boolean skipDigits() {
    int start = position;
    while (position < end && bytes[position] >= '0' && bytes[position] <= '9') {
      position++;
    }
    return position > start;
  }
}
