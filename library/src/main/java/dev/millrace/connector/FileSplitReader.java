package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.RecordException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of a split.
 *
 * <p><b>Threads.</b> Confined to one worker.
 */
final class FileSplitReader<T> implements SplitReader<T> {

  private static final int BUFFER_BYTES = 1 << 17;

  /** The longest line; a file with a longer one is hardly a text file. */
  private static final int MAX_LINE_BYTES = 64 << 20;

  /** Makes a record of a line. */
  interface LineDecoder<T> {

    /** {@return the record in the slice, or null if the line has none} */
    @Nullable T decode(byte[] bytes, int offset, int length);
  }

  private final FileSplit split;
  private final LineDecoder<T> decoder;
  private final FileChannel channel;

  // The bytes [from, to) of the buffer are those of the file from `next` on; [from, scanned) has no
  // line feed.
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int scanned;
  private int to;
  private long next;

  private FileSplitReader(FileSplit split, LineDecoder<T> decoder, FileChannel channel) {
    this.split = split;
    this.decoder = decoder;
    this.channel = channel;
  }

  static <T> FileSplitReader<T> open(FileSplit split, byte[] position, LineDecoder<T> decoder)
      throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(split.file(), StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new ConfigurationException(
          "Cannot read "
              + split.file()
              + ": the file is not there, though it was when the job was first started. Make it"
              + " reachable under this path from every instance",
          e);
    }
    FileSplitReader<T> reader = new FileSplitReader<>(split, decoder, channel);
    try {
      reader.checkSize();
      reader.begin(position);
    } catch (IOException | RuntimeException e) {
      channel.close();
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
      // The line that the start lies in belongs to the split before.
      next = split.start();
      int length = findLineEnd();
      consume(length);
    }
  }

  @Override
  public Progress read(SplitOutput<T> out, int maxRecords) throws IOException {
    for (int i = 0; i < maxRecords; i++) {
      if (next > split.end() || next >= split.size()) {
        return Progress.END;
      }
      int length = findLineEnd();
      long lineAt = next;
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

  /** {@return how many bytes from the next one on come ahead of a line feed or of the end} */
  private int findLineEnd() throws IOException {
    scanned = from;
    while (true) {
      while (scanned < to) {
        if (buffer[scanned] == '\n') {
          return scanned - from;
        }
        scanned++;
      }
      if (!fill()) {
        return to - from;
      }
    }
  }

  /** Moves on behind a line and its line feed. */
  private void consume(int length) {
    int withLineFeed = from + length < to ? length + 1 : length;
    from += withLineFeed;
    next += withLineFeed;
  }

  /** Reads more of the file; returns false at its end. */
  private boolean fill() throws IOException {
    long at = next + (to - from);
    long left = split.size() - at;
    if (left <= 0) {
      return false;
    }
    if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      scanned -= from;
      to -= from;
      from = 0;
    }
    if (to == buffer.length) {
      if (buffer.length >= MAX_LINE_BYTES) {
        throw new RecordException(
            "Cannot read "
                + split.file()
                + ": a line is longer than "
                + MAX_LINE_BYTES
                + " bytes (at byte "
                + next
                + "). Is it a text file?",
            null);
      }
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    int wanted = (int) Math.min(buffer.length - to, left);
    int count = channel.read(ByteBuffer.wrap(buffer, to, wanted), at);
    if (count < 0) {
      throw new IOException(
          split.file() + " became shorter while it was read (at byte " + at + ")");
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
    channel.close();
  }
}
