package dev.millrace.connector;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files that a file sink's writer has on disk at a commit: the state it keeps in the commit
 * frame.
 *
 * <pre>
 *   version (byte, 1) | directory (string) | owner (string)
 *   | number of closed files (varint) | each: name (string)
 *   | 0, or 1 with: name (string) | length (varlong) | first record's wall clock (zigzag, ms)
 * </pre>
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param directory where the owner saw the output directory, for messages only
 * @param owner the name of the owner's mark
 * @param closed files that are complete and are to be published
 * @param open the file that is being written, if any
 */
record PreparedFiles(String directory, String owner, List<String> closed, @Nullable Open open) {

  private static final byte VERSION = 1;

  /**
   * A file that is being written.
   *
   * @param name its name in the hidden directory
   * @param length how much of it is committed, in bytes
   * @param sinceMs the wall clock at its first record
   */
  record Open(String name, long length, long sinceMs) {}

  PreparedFiles {
    closed = List.copyOf(closed);
  }

  byte[] encode() {
    ByteWriter out = new ByteWriter(256);
    out.writeByte(VERSION);
    out.writeString(directory);
    out.writeString(owner);
    out.writeVarint(closed.size());
    closed.forEach(out::writeString);
    Open file = open;
    out.writeByte(file == null ? 0 : 1);
    if (file != null) {
      out.writeString(file.name());
      out.writeVarlong(file.length());
      out.writeZigzag(file.sinceMs());
    }
    return out.toByteArray();
  }

  static PreparedFiles decode(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    byte version = in.readByte();
    if (version != VERSION) {
      throw new MalformedBytesException(
          "Cannot read a file sink's state: unknown version (" + version + ")");
    }
    String directory = in.readString();
    String owner = in.readString();
    int count = in.readVarint();
    List<String> closed = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      closed.add(in.readString());
    }
    Open open =
        in.readByte() == 0 ? null : new Open(in.readString(), in.readVarlong(), in.readZigzag());
    return new PreparedFiles(directory, owner, closed, open);
  }
}
