package dev.millrace.connector;

import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;

/**
 * The form in which a file sink writes values: each as one or more lines, in UTF-8.
 *
 * <p><b>Threads.</b> Confined to one writer.
 */
interface LineFormat {

  /** The formats there are. */
  enum Kind {
    JSON("jsonl"),
    CSV("csv");

    private final String extension;

    Kind(String extension) {
      this.extension = extension;
    }

    /** {@return what file names end with} */
    String extension() {
      return extension;
    }

    /** {@return a format for one writer} */
    LineFormat format(SinkContext context) {
      return this == JSON ? new JsonLines(context) : new CsvLines(context);
    }
  }

  /** {@return the beginning of a file whose first value this is; may be empty} */
  byte[] header(Object value);

  /**
   * Appends a value with its line end.
   *
   * @throws RuntimeException if the value cannot be written; nothing of it counts then
   */
  void append(Object value, ByteWriter out);

  /** A JSON text on each line. */
  record JsonLines(SinkContext context) implements LineFormat {
    private static final byte[] NOTHING = {};

    @Override
    public byte[] header(Object value) {
      return NOTHING;
    }

    @Override
    public void append(Object value, ByteWriter out) {
      out.writeBytes(context.toJson(value));
      out.writeByte('\n');
    }
  }

  /** {@return text in UTF-8} */
  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
