package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** The forms in which the text of a file may be stored, recognized by the file's first bytes. */
enum FileCodec {
  /** As it is: can be read from any position. */
  PLAIN,
  /** Compressed by gzip: is read from its start. */
  GZIP;

  private static final int LONGEST_MAGIC = 6;
  private static final byte[] GZIP_MAGIC = {0x1F, (byte) 0x8B};

  /** The forms that are certainly no text, by their first bytes. */
  private static final Map<String, byte[]> OTHERS =
      Map.ofEntries(
          Map.entry("a zip archive", ascii("PK\u0003\u0004")),
          Map.entry("compressed by zstd", bytes(0x28, 0xB5, 0x2F, 0xFD)),
          Map.entry("compressed by bzip2", ascii("BZh")),
          Map.entry("compressed by xz", bytes(0xFD, '7', 'z', 'X', 'Z', 0)),
          Map.entry("compressed by lz4", bytes(0x04, 0x22, 0x4D, 0x18)),
          Map.entry("a 7z archive", bytes('7', 'z', 0xBC, 0xAF, 0x27, 0x1C)),
          Map.entry("a Parquet file", ascii("PAR1")),
          Map.entry("an Avro file", ascii("Obj\u0001")),
          Map.entry("text in UTF-16", bytes(0xFF, 0xFE)),
          Map.entry("text in big-endian UTF-16", bytes(0xFE, 0xFF)));

  /**
   * {@return the form of a file}
   *
   * @throws ConfigurationException if it is none that can be read
   */
  static FileCodec of(Path file) throws IOException {
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(LONGEST_MAGIC);
    }
    if (startsWith(start, GZIP_MAGIC)) {
      return GZIP;
    }
    OTHERS.forEach(
        (what, magic) -> {
          if (startsWith(start, magic)) {
            throw new ConfigurationException(
                "Cannot read "
                    + file
                    + ": it is "
                    + what
                    + ". Turn it into lines of text, as they are or compressed by gzip");
          }
        });
    return PLAIN;
  }

  private static boolean startsWith(byte[] start, byte[] magic) {
    return start.length >= magic.length
        && Arrays.equals(start, 0, magic.length, magic, 0, magic.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
