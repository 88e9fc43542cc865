package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The text of a file, in bytes.
 *
 * <p><b>Threads.</b> Confined to one worker.
 */
interface FileContent extends AutoCloseable {

  /**
   * Reads bytes from a position on, which after the first call is where the last call ended.
   *
   * @return how many bytes were read, at least one; -1 at the end
   */
  int read(byte[] into, int offset, int length, long at) throws IOException;

  @Override
  void close() throws IOException;

  /** {@return the content of a file that had this size when the job was first started} */
  static FileContent open(Path file, FileCodec codec, long size) throws IOException {
    return switch (codec) {
      case PLAIN -> new Plain(file, FileChannel.open(file, StandardOpenOption.READ), size);
      case GZIP -> Gzip.open(file, size);
    };
  }

  /** The bytes of the file up to the size that it had at the job's first start. */
  record Plain(Path file, FileChannel channel, long size) implements FileContent {

    @Override
    public int read(byte[] into, int offset, int length, long at) throws IOException {
      int wanted = (int) Math.min(length, size - at);
      if (wanted <= 0) {
        return -1;
      }
      int count = channel.read(ByteBuffer.wrap(into, offset, wanted), at);
      if (count < 0) {
        throw new IOException(file + " became shorter while it was read (at byte " + at + ")");
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /**
   * The text that a compressed file expands to; to begin in the middle means to read all that is
   * before. As of a plain file, only what was there at the job's first start is read.
   */
  final class Gzip implements FileContent {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;
    private final long size;
    private final Members in;
    private long next;

    private Gzip(Path file, long size, Members in) {
      this.file = file;
      this.size = size;
      this.in = in;
    }

    static Gzip open(Path file, long size) throws IOException {
      Prefix compressed = new Prefix(Files.newInputStream(file), size);
      try {
        return new Gzip(file, size, new Members(compressed));
      } catch (IOException e) {
        compressed.close();
        throw e;
      }
    }

    @Override
    public int read(byte[] into, int offset, int length, long at) throws IOException {
      try {
        if (next < at) {
          in.skipNBytes(at - next);
          next = at;
        }
        int count = in.read(into, offset, length);
        if (count < 0) {
          checkEnd();
        }
        next += Math.max(0, count);
        return count;
      } catch (EOFException | ZipException e) {
        throw new ConfigurationException(
            "Cannot read "
                + file
                + ": what gzip has compressed is damaged or cut off ("
                + e.getMessage()
                + ", after byte "
                + next
                + " of the text). Put an intact file back",
            e);
      }
    }

    /** The stream takes whatever is no further member for the end, and drops it. */
    private void checkEnd() {
      long end = in.endOfMember();
      if (end < size) {
        throw new ConfigurationException(
            "Cannot read "
                + file
                + ": what gzip has compressed ends at byte "
                + end
                + ", and something else comes after it (the file has "
                + size
                + " bytes). Put an intact file back, or one without the rest");
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }

    /** The members of a compressed file, one after the other. */
    private static final class Members extends GZIPInputStream {
      private static final int TRAILER_BYTES = 8;

      private final Prefix compressed;
      private long filledTo;

      Members(Prefix compressed) throws IOException {
        super(compressed, BUFFER_BYTES);
        this.compressed = compressed;
      }

      @Override
      protected void fill() throws IOException {
        super.fill();
        filledTo = compressed.position;
      }

      /** {@return where in the file the last member ends, after all has been read} */
      long endOfMember() {
        return filledTo - inf.getRemaining() + TRAILER_BYTES;
      }
    }

    /** The first bytes of a file. */
    private static final class Prefix extends FilterInputStream {
      private final long size;
      private long position;

      Prefix(InputStream in, long size) {
        super(in);
        this.size = size;
      }

      @Override
      public int read() throws IOException {
        int value = position < size ? in.read() : -1;
        position += value < 0 ? 0 : 1;
        return value;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        int wanted = (int) Math.min(length, size - position);
        int count = wanted > 0 ? in.read(into, offset, wanted) : -1;
        position += Math.max(0, count);
        return count;
      }

      @Override
      public int available() {
        return (int) Math.min(Integer.MAX_VALUE, size - position);
      }
    }
  }
}
