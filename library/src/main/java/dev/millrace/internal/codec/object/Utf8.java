package dev.millrace.internal.codec.object;

import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;

/**
 * Text to bytes, without an array in between for the usual ASCII text, and back.
 *
 * <p>Half of a surrogate pair, as there is where text was cut, has no UTF-8: the JDK writes a
 * question mark for it. In values it has the three bytes that UTF-8 would have for its number, so
 * that all text comes back, and different texts stay different.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Utf8 {

  private static final char REPLACEMENT = '\uFFFD';
  private static final int HALF_BYTES = 3;

  private Utf8() {}

  /** Appends the text's UTF-8 bytes and nothing else. */
  public static void write(String text, ByteWriter out) {
    if (!writeAscii(text, out)) {
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Appends a varint of the length in bytes plus {@code bias}, and the text's UTF-8 bytes. */
  public static void writeSized(String text, int bias, ByteWriter out) {
    int mark = out.size();
    out.writeVarint(text.length() + bias);
    if (!writeAscii(text, out)) {
      out.truncate(mark);
      byte[] bytes = bytes(text);
      out.writeVarint(bytes.length + bias);
      out.writeBytes(bytes);
    }
  }

  private static byte[] bytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    for (byte each : utf8) {
      if (each == '?') {
        return hasHalf(text) ? bytesWithHalves(text) : utf8;
      }
    }
    return utf8;
  }

  /** {@return whether text has a surrogate without the other half of its pair} */
  public static boolean hasHalf(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return text.codePoints().anyMatch(Utf8::isHalf);
      }
    }
    return false;
  }

  private static boolean isHalf(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static byte[] bytesWithHalves(String text) {
    ByteWriter out = new ByteWriter(text.length() + text.length() / 2);
    int from = 0;
    int i = 0;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      if (isHalf(c)) {
        out.writeBytes(text.substring(from, i).getBytes(StandardCharsets.UTF_8));
        out.writeByte(0xE0 | c >> 12);
        out.writeByte(0x80 | c >> 6 & 0x3F);
        out.writeByte(0x80 | c & 0x3F);
        from = i + 1;
      }
      i += Character.charCount(c);
    }
    out.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  /** {@return the text of bytes that {@link #writeSized} wrote} */
  public static String text(byte[] bytes, int offset, int length) {
    String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
    // The JDK reads half of a pair as replacement characters, which are rare.
    return text.indexOf(REPLACEMENT) < 0 ? text : textWithHalves(bytes, offset, offset + length);
  }

  private static String textWithHalves(byte[] bytes, int start, int end) {
    StringBuilder text = new StringBuilder(end - start);
    int from = start;
    int i = start;
    while (i < end) {
      if (isHalf(bytes, i, end)) {
        text.append(new String(bytes, from, i - from, StandardCharsets.UTF_8));
        text.append((char) (0xD000 | (bytes[i + 1] & 0x3F) << 6 | bytes[i + 2] & 0x3F));
        i += HALF_BYTES;
        from = i;
      } else {
        i++;
      }
    }
    return text.append(new String(bytes, from, end - from, StandardCharsets.UTF_8)).toString();
  }

  /** The first of these bytes is never the second or a later one of a character. */
  private static boolean isHalf(byte[] bytes, int at, int end) {
    return bytes[at] == (byte) 0xED
        && end - at >= HALF_BYTES
        && (bytes[at + 1] & 0xE0) == 0xA0
        && (bytes[at + 2] & 0xC0) == 0x80;
  }

  /** Appends the text if it is ASCII; appends nothing and returns false otherwise. */
  public static boolean writeAscii(String text, ByteWriter out) {
    int length = text.length();
    out.ensure(length);
    byte[] bytes = out.array();
    int start = out.size();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        return false;
      }
      bytes[start + i] = (byte) c;
    }
    out.advance(length);
    return true;
  }
}
