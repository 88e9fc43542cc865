package dev.millrace.connector;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;

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
      case GZIP -> Gzip.open(file);
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
   * before.
   */
  final class Gzip implements FileContent {
    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream in;
    private long next;

    private Gzip(InputStream in) {
      this.in = in;
    }

    static Gzip open(Path file) throws IOException {
      InputStream compressed = Files.newInputStream(file);
      try {
        return new Gzip(new GZIPInputStream(compressed, BUFFER_BYTES));
      } catch (IOException e) {
        compressed.close();
        throw e;
      }
    }

    @Override
    public int read(byte[] into, int offset, int length, long at) throws IOException {
      if (next < at) {
        in.skipNBytes(at - next);
        next = at;
      }
      int count = in.read(into, offset, length);
      next += Math.max(0, count);
      return count;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
