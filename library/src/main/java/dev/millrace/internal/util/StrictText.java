package dev.millrace.internal.util;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decoding of text that reports bytes which are no text, where {@code String} replaces them. */
public final class StrictText {

  private static final char REPLACEMENT = '\uFFFD';

  private StrictText() {}

  /** {@return the text in UTF-8; see {@link #decode(byte[], int, int, Charset)}} */
  public static String utf8(byte[] bytes) {
    return decode(bytes, 0, bytes.length, StandardCharsets.UTF_8);
  }

  /**
   * {@return the text in the slice}
   *
   * @throws MalformedBytesException if a byte cannot be decoded; its message names the byte
   */
  public static String decode(byte[] bytes, int offset, int length, Charset charset) {
    String text = new String(bytes, offset, length, charset);
    // The replacement may also be in the text itself; only a strict decoder can decide.
    return text.indexOf(REPLACEMENT) < 0 ? text : strict(bytes, offset, length, charset);
  }

  private static String strict(byte[] bytes, int offset, int length, Charset charset) {
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    CharBuffer out = CharBuffer.allocate(length + 1);
    CoderResult result =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(in, out, true);
    try {
      if (result.isError()) {
        result.throwException();
      }
    } catch (CharacterCodingException e) {
      int at = in.position() - offset;
      throw new MalformedBytesException(
          "the text is not in "
              + charset.name()
              + " (byte 0x"
              + Integer.toHexString(bytes[offset + at] & 0xFF)
              + " at position "
              + at
              + ")");
    }
    return out.flip().toString();
  }
}
