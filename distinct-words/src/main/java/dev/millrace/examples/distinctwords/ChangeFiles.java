package dev.millrace.examples.distinctwords;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The changes in a directory that a file sink writes to, in the order of writing: each row is
 * written by one task, and the names of a task's files sort in the order in which it publishes
 * them.
 *
 * <p><b>Threads.</b> Confined to one.
 */
final class ChangeFiles {

  /** The treatment of a file that was read. */
  enum Afterwards {
    KEEP,
    DELETE
  }

  private final Path directory;
  private final Afterwards afterwards;
  private final Set<Path> known = new HashSet<>();

  ChangeFiles(Path directory, Afterwards afterwards) {
    this.directory = directory;
    this.afterwards = afterwards;
  }

  /**
   * Reads the files that have been published since the last call.
   *
   * @return whether there were any
   * @throws IllegalStateException if a change is refused, with the file and the line
   */
  boolean readNew(Consumer<CountChange> changes) throws IOException {
    NavigableSet<Path> files = published();
    files.removeAll(known);
    for (Path file : files) {
      read(file, changes);
      if (afterwards == Afterwards.DELETE) {
        Files.delete(file);
      } else {
        known.add(file);
      }
    }
    return !files.isEmpty();
  }

  /**
   * A listing that is made while files are published may have a file and lack one that was there
   * before it. If the next one is the same, it lacks none.
   */
  private NavigableSet<Path> published() throws IOException {
    NavigableSet<Path> files = listed();
    for (NavigableSet<Path> again = listed(); !again.equals(files); again = listed()) {
      files = again;
    }
    return files;
  }

  private NavigableSet<Path> listed() throws IOException {
    NavigableSet<Path> files = new TreeSet<>();
    if (Files.exists(directory)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.jsonl")) {
        entries.forEach(files::add);
      }
    }
    return files;
  }

  private static void read(Path file, Consumer<CountChange> changes) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      int number = 1;
      for (String line = lines.readLine(); line != null; line = lines.readLine(), number++) {
        try {
          changes.accept(CountChange.parse(line));
        } catch (IllegalArgumentException | IllegalStateException e) {
          throw new IllegalStateException(
              e.getMessage() + " (" + file + ", line " + number + ")", e);
        }
      }
    }
  }
}
