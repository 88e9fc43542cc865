package dev.millrace.runner.supervise;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The last lines of a log that passes by, without the frames of stack traces, which would leave no
 * other.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class LastLines {

  private static final int MOST_LINES = 20;
  private static final int MOST_BYTES_OF_LINE = 500;

  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  /** Takes what has passed. */
  synchronized void add(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] == '\n') {
        end();
      } else if (line.size() < MOST_BYTES_OF_LINE) {
        line.write(bytes[i]);
      }
    }
  }

  private void end() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    if (text.isBlank() || text.startsWith("\tat ")) {
      return;
    }
    lines.addLast(text.stripTrailing());
    if (lines.size() > MOST_LINES) {
      lines.removeFirst();
    }
  }

  /** {@return the lines, oldest first; one that is not ended counts} */
  synchronized List<String> lines() {
    if (line.size() > 0) {
      end();
    }
    return List.copyOf(lines);
  }
}
