package dev.millrace.runner.supervise;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The classes that an instance's JVM has loaded, as that JVM writes them to a file: thousands, most
 * of them Kafka's, whose loading takes most of a start. A process that waits for its turn loads
 * them in the meantime.
 *
 * <p>Classes of the job are not loaded: only what this program itself finds is, so that no code of
 * the user's runs in a process that waits.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ClassLog {

  private static final Logger LOGGER = LoggerFactory.getLogger(ClassLog.class);

  private final Path directory;

  private ClassLog(Path directory) {
    this.directory = directory;
  }

  /** {@return a log in a temporary directory; empty, with a warning, if there can be none} */
  static Optional<ClassLog> create() {
    try {
      Path directory = Files.createTempDirectory("runner-classes");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
      return Optional.of(new ClassLog(directory));
    } catch (IOException | UncheckedIOException e) {
      LOGGER
          .atWarn()
          .addKeyValue("cause", e)
          .log("There will be no spare process: its list of classes cannot be written");
      return Optional.empty();
    }
  }

  private static void delete(Path directory) {
    delete(directory, directory);
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // It is temporary.
    }
  }

  private static void delete(Path directory, Path but) {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(each -> !each.equals(but)).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // The same.
    }
  }

  /** {@return the option with which a JVM writes its classes down} */
  String jvmOption() {
    return "-Xlog:class+load=info:file=" + directory.resolve("%p") + ":none";
  }

  /** {@return the file of a process, which is the only one that is kept} */
  Path only(long pid) {
    Path kept = directory.resolve(Long.toString(pid));
    delete(directory, kept);
    return kept;
  }

  /** Loads the classes that a file names, as far as this program has them. */
  static void load(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      lines.map(ClassLog::name).flatMap(Optional::stream).forEach(ClassLog::loadOne);
    } catch (IOException | UncheckedIOException e) {
      LOGGER.atDebug().setCause(e).log("Classes could not be loaded early");
    }
  }

  /** {@return the name of the class in a line; empty if it was made while the program ran} */
  static Optional<String> name(String line) {
    String name = line.substring(0, Math.max(line.indexOf(' '), 0));
    boolean made = name.isEmpty() || name.indexOf('/') >= 0 || name.contains("$$");
    return made ? Optional.empty() : Optional.of(name);
  }

  private static void loadOne(String name) {
    // Of the platform's classes some do more than that when they are set up.
    boolean setUp =
        name.startsWith("org.apache.kafka.") || name.startsWith("dev.millrace.internal.");
    try {
      Class<?> ignored = Class.forName(name, setUp, ClassLog.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      // It is the job's, or another reason that comes up again where the class is needed.
    }
  }
}
