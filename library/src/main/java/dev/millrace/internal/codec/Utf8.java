package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;

/**
 * Text to bytes, without an array in between for the usual ASCII text.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class Utf8 {

  private Utf8() {}

  /** Appends the text's UTF-8 bytes and nothing else. */
  static void write(String text, ByteWriter out) {
    if (!writeAscii(text, out)) {
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Appends a varint of the length in bytes plus {@code bias}, and the text's UTF-8 bytes. */
  static void writeSized(String text, int bias, ByteWriter out) {
    int mark = out.size();
    out.writeVarint(text.length() + bias);
    if (!writeAscii(text, out)) {
      out.truncate(mark);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      out.writeVarint(bytes.length + bias);
      out.writeBytes(bytes);
    }
  }

  /** Appends the text if it is ASCII; appends nothing and returns false otherwise. */
  static boolean writeAscii(String text, ByteWriter out) {
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
