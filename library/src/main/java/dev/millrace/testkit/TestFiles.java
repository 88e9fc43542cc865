package dev.millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The directory in which a test's instances keep their identities and, if asked, their state. */
final class TestFiles {

  private TestFiles() {}

  static Path newDirectory() {
    try {
      return Files.createTempDirectory("millrace-test-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes what tasks have stored, of every job in a state directory. */
  static void deleteTasks(Path stateDir) {
    try (Stream<Path> jobs = Files.list(stateDir)) {
      jobs.map(job -> job.resolve("tasks")).filter(Files::isDirectory).forEach(TestFiles::empty);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void empty(Path directory) {
    try (Stream<Path> children = Files.list(directory)) {
      children.forEach(TestFiles::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path root) {
    try (Stream<Path> found = Files.walk(root)) {
      List<Path> deepestFirst = found.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
