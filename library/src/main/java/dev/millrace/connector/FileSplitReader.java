package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.RecordException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The reader of a split's lines.
 *
 * <p><b>Threads.</b> Confined to one worker.
 */
final class FileSplitReader<T> implements SplitReader<T> {

  private static final int BUFFER_BYTES = 1 << 17;

  /** How much of a line that is too long goes to the error policy. */
  private static final int SAMPLE_BYTES = 1 << 10;

  /** A function that makes a record of a line. */
  interface LineDecoder<T> {

    /** {@return the record in the slice, or null if the line has none} */
    @Nullable T decode(byte[] bytes, int offset, int length);
  }

  private final FileSplit split;
  private final LineDecoder<T> decoder;
  private final FileContent content;
  private final int maxLineBytes;

  // The bytes [from, to) of the buffer are those of the text from `next` on; [from, scanned) has no
  // line feed.
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int scanned;
  private int to;
  private long next;

  private FileSplitReader(
      FileSplit split, LineDecoder<T> decoder, int maxLineBytes, FileContent content) {
    this.split = split;
    this.decoder = decoder;
    this.maxLineBytes = maxLineBytes;
    this.content = content;
  }

  static <T> FileSplitReader<T> open(
      FileSplit split, byte[] position, LineDecoder<T> decoder, int maxLineBytes)
      throws IOException {
    FileContent content;
    try {
      content = FileContent.open(split.file(), split.codec(), split.size());
    } catch (NoSuchFileException e) {
      throw new ConfigurationException(
          "Cannot read "
              + split.file()
              + ": the file is not there, though it was when the job was first started. Make it"
              + " reachable under this path from every instance",
          e);
    }
    FileSplitReader<T> reader = new FileSplitReader<>(split, decoder, maxLineBytes, content);
    try {
      reader.checkSize();
      reader.begin(position);
    } catch (IOException | RuntimeException e) {
      content.close();
      throw e;
    }
    return reader;
  }

  private void checkSize() throws IOException {
    long size = Files.size(split.file());
    if (size < split.size()) {
      throw new ConfigurationException(
          "Cannot read "
              + split.file()
              + ": it has become shorter since the job was first started ("
              + size
              + " bytes, then "
              + split.size()
              + "). Put the original back, or reset the job");
    }
  }

  private void begin(byte[] position) throws IOException {
    if (position.length > 0) {
      next = ByteBuffer.wrap(position).getLong();
    } else if (split.start() > 0) {
      // The line that the start lies in belongs to the previous split.
      next = split.start();
      passLine();
    }
  }

  @Override
  public Progress read(SplitOutput<T> out, int maxRecords) throws IOException {
    for (int i = 0; i < maxRecords; i++) {
      if (next > split.lastStart() || (from == to && !fill())) {
        return Progress.END;
      }
      long lineAt = next;
      int length = findLineEnd();
      if (length < 0) {
        rejectLongLine(out, lineAt);
        continue;
      }
      int offset = from;
      consume(length);
      emit(out, lineAt, offset, length);
    }
    return Progress.MORE;
  }

  private void emit(SplitOutput<T> out, long lineAt, int offset, int length) {
    int start = offset;
    int end = offset + length;
    if (end > start && buffer[end - 1] == '\r') {
      end--;
    }
    if (lineAt == 0 && startsWithByteOrderMark(start, end)) {
      start += 3;
    }
    T value;
    try {
      value = decoder.decode(buffer, start, end - start);
    } catch (RuntimeException e) {
      out.reject(
          Arrays.copyOfRange(buffer, start, end),
          new RecordException(
              e.getMessage() + " (file " + split.file() + ", line at byte " + lineAt + ")", e));
      return;
    }
    if (value != null) {
      out.emit(value, split.modifiedMs());
    }
  }

  private boolean startsWithByteOrderMark(int start, int end) {
    return end - start >= 3
        && buffer[start] == (byte) 0xEF
        && buffer[start + 1] == (byte) 0xBB
        && buffer[start + 2] == (byte) 0xBF;
  }

  /** Hands the beginning of a line to the policy and passes over the rest. */
  private void rejectLongLine(SplitOutput<T> out, long lineAt) throws IOException {
    int end = from;
    while (end < to && end - from < SAMPLE_BYTES && buffer[end] != '\n') {
      end++;
    }
    byte[] sample = Arrays.copyOfRange(buffer, from, end);
    passLine();
    out.reject(
        sample,
        new RecordException(
            "a line is longer than "
                + maxLineBytes
                + " bytes (file "
                + split.file()
                + ", line at byte "
                + lineAt
                + "). If it is one, raise the limit with .maxLineBytes(...) at the source",
            null));
  }

  /** Moves on after the line that the next byte is in, without keeping it. */
  private void passLine() throws IOException {
    do {
      for (int i = from; i < to; i++) {
        if (buffer[i] == '\n') {
          consume(i - from);
          return;
        }
      }
      next += to - from;
      from = to;
    } while (fill());
  }

  /**
   * {@return how many bytes from the next one on come before a line feed or the end; negative if
   * they are more than a line may have}
   */
  private int findLineEnd() throws IOException {
    scanned = from;
    while (true) {
      while (scanned < to) {
        if (buffer[scanned] == '\n') {
          int length = scanned - from;
          return length > maxLineBytes ? -1 : length;
        }
        scanned++;
      }
      if (to - from > maxLineBytes) {
        return -1;
      }
      if (!fill()) {
        return to - from;
      }
    }
  }

  /** Moves on to the byte after a line and its line feed. */
  private void consume(int length) {
    int withLineFeed = from + length < to ? length + 1 : length;
    from += withLineFeed;
    next += withLineFeed;
  }

  /** Reads more of the text; returns false at its end. */
  private boolean fill() throws IOException {
    if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      scanned -= from;
      to -= from;
      from = 0;
    }
    if (to == buffer.length) {
      buffer = Arrays.copyOf(buffer, (int) Math.min(2L * buffer.length, maxLineBytes + 2L));
    }
    int count = content.read(buffer, to, buffer.length - to, next + to);
    if (count < 0) {
      return false;
    }
    to += count;
    return true;
  }

  @Override
  public byte[] position() {
    return ByteBuffer.allocate(Long.BYTES).putLong(next).array();
  }

  @Override
  public void close() throws IOException {
    content.close();
  }
}
