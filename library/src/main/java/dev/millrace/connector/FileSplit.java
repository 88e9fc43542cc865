package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.MalformedBytesException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A range of bytes of a file.
 *
 * <p>It stands for the lines that begin in ({@code start}, {@code end}], or in [0, {@code end}] if
 * it is the first. The file's size and time are those of the moment it was cut, so that every
 * reading of the split gives the same records.
 *
 * <p>Its description is text, {@code START END SIZE TIME PATH}, since it is shown in messages.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param modifiedMs when the file was last modified, milliseconds since the epoch
 */
record FileSplit(long start, long end, long size, long modifiedMs, Path file) {

  byte[] describe() {
    return (start + " " + end + " " + size + " " + modifiedMs + " " + file)
        .getBytes(StandardCharsets.UTF_8);
  }

  static FileSplit parse(byte[] description) {
    String[] parts = new String(description, StandardCharsets.UTF_8).split(" ", 5);
    if (parts.length < 5) {
      throw new MalformedBytesException(
          "Cannot read the description of a file split: it has " + parts.length + " parts, not 5");
    }
    return new FileSplit(
        Long.parseLong(parts[0]),
        Long.parseLong(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]),
        Path.of(parts[4]));
  }

  /** {@return the splits of a file, or of the files in a directory in the order of their names} */
  static List<FileSplit> cut(Path path, long splitBytes) {
    List<FileSplit> splits = new ArrayList<>();
    try {
      for (Path file : files(path.toAbsolutePath())) {
        long size = Files.size(file);
        long modifiedMs = Files.getLastModifiedTime(file).toMillis();
        for (long start = 0; start == 0 || start < size; start += splitBytes) {
          long end = size - start <= splitBytes ? size : start + splitBytes;
          splits.add(new FileSplit(start, end, size, modifiedMs, file));
        }
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot list the files to read in " + path + ": " + e + ". Check the permissions", e);
    }
    return splits;
  }

  private static List<Path> files(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new ConfigurationException(
          "Cannot read " + path + ": there is no such file or directory. Check the path");
    }
    try (Stream<Path> found = Files.list(path)) {
      List<Path> files =
          found
              .filter(file -> Files.isRegularFile(file))
              .filter(file -> !file.getFileName().toString().startsWith("."))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new ConfigurationException(
            "Cannot read " + path + ": the directory has no files. Put the input there first");
      }
      return files;
    }
  }
}
