package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.MalformedBytesException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A range of bytes of a file.
 *
 * <p>It stands for the lines that begin in ({@code start}, {@code end}], or in [0, {@code end}] if
 * it is the first. The file's size and time are those of the moment it was cut, so that every
 * reading of the split gives the same records.
 *
 * <p>A compressed file has one split; {@code end} and {@code size} are those of the file, not of
 * its text.
 *
 * <p>Its description is text, {@code START END SIZE TIME CODEC PATH}, since it is shown in
 * messages.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param modifiedMs when the file was last modified, milliseconds since the epoch
 */
record FileSplit(long start, long end, long size, long modifiedMs, FileCodec codec, Path file) {

  byte[] describe() {
    return (start + " " + end + " " + size + " " + modifiedMs + " " + codec + " " + file)
        .getBytes(StandardCharsets.UTF_8);
  }

  static FileSplit parse(byte[] description) {
    String[] parts = new String(description, StandardCharsets.UTF_8).split(" ", 6);
    if (parts.length < 6) {
      throw new MalformedBytesException(
          "Cannot read the description of a file split: it has " + parts.length + " parts, not 6");
    }
    return new FileSplit(
        Long.parseLong(parts[0]),
        Long.parseLong(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]),
        FileCodec.valueOf(parts[4]),
        Path.of(parts[5]));
  }

  /** {@return the last byte at which a line of the split may begin, in the file's text} */
  long lastStart() {
    return codec == FileCodec.PLAIN ? end : Long.MAX_VALUE;
  }

  /** {@return the splits of the files that a path stands for, in the order of their names} */
  static List<FileSplit> cut(Path path, long splitBytes) {
    List<FileSplit> splits = new ArrayList<>();
    try {
      for (Path file : FilePattern.files(path)) {
        FileCodec codec = FileCodec.of(file);
        long size = Files.size(file);
        long modifiedMs = Files.getLastModifiedTime(file).toMillis();
        long bytes = codec == FileCodec.PLAIN ? splitBytes : Math.max(1, size);
        for (long start = 0; start == 0 || start < size; start += bytes) {
          long end = size - start <= bytes ? size : start + bytes;
          splits.add(new FileSplit(start, end, size, modifiedMs, codec, file));
        }
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot list the files to read in " + path + ": " + e + ". Check the permissions", e);
    }
    return splits;
  }
}
