package dev.millrace.devbroker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The archive of loaded classes (AppCDS) that makes every start of the broker but the first quick.
 *
 * <p>The archive is written while the JVM runs, right after the broker is ready: a broker that is
 * killed never gets to the exit at which a JVM would write it.
 *
 * <p><b>Threads.</b> Stateless. Several processes may write the same archive; the last one wins.
 */
final class ClassArchive {

  private static final String PREFIX = "broker-";
  private static final String SUFFIX = ".jsa";
  private static final String DIAGNOSTICS = "com.sun.management:type=DiagnosticCommand";

  /** An archive takes about 40 MB; one is needed per class path that starts brokers. */
  private static final int KEPT_ARCHIVES = 4;

  private ClassArchive() {}

  /**
   * {@return the file for the archive of a class path under this JVM, which may not exist yet;
   * empty if there is no place for it}
   */
  static Optional<Path> locate(List<Path> classPath, Path cache) {
    try {
      // A JVM refuses an archive whose jars were touched, so a changed jar gets another name.
      Fingerprint fingerprint =
          new Fingerprint()
              .add(System.getProperty("java.home", ""))
              .add(System.getProperty("java.vm.version", ""));
      for (Path entry : classPath) {
        if (!Files.isRegularFile(entry)) {
          return Optional.empty();
        }
        fingerprint
            .add(entry.toString())
            .add(Files.size(entry))
            .add(Files.getLastModifiedTime(entry).toMillis());
      }
      Files.createDirectories(cache);
      if (!Files.isWritable(cache)) {
        return Optional.empty();
      }
      return Optional.of(cache.resolve(PREFIX + fingerprint.hex() + SUFFIX));
    } catch (IOException noPlace) {
      return Optional.empty();
    }
  }

  /**
   * Writes the archive. Needs a JVM started with {@code -XX:+RecordDynamicDumpInfo}; does nothing
   * without it.
   */
  static void write(Path archive) {
    Path fresh =
        archive.resolveSibling(archive.getFileName() + "." + ProcessHandle.current().pid());
    try {
      Object[] command = {new String[] {"dynamic_dump", fresh.toString()}};
      String[] signature = {String[].class.getName()};
      ManagementFactory.getPlatformMBeanServer()
          .invoke(new ObjectName(DIAGNOSTICS), "vmCds", command, signature);
      if (Files.exists(fresh)) {
        Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
        deleteOld(archive.resolveSibling("."));
      }
    } catch (JMException | IOException | RuntimeException slowNextTime) {
      // Without an archive the next start takes some seconds more, and that is all.
      deleteQuietly(fresh);
    }
  }

  /** Marks the archive as in use, so that it is not among the first to be deleted. */
  static void touch(Path archive) {
    try {
      Files.setLastModifiedTime(archive, FileTime.from(Instant.now()));
    } catch (IOException olderThanItIs) {
      // At worst it is deleted too early and written again.
    }
  }

  private static void deleteOld(Path cache) throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      files
          .filter(file -> file.getFileName().toString().startsWith(PREFIX))
          .filter(file -> file.getFileName().toString().endsWith(SUFFIX))
          .sorted(Comparator.comparing(ClassArchive::lastModified).reversed())
          .skip(KEPT_ARCHIVES)
          .forEach(ClassArchive::deleteQuietly);
    }
  }

  private static FileTime lastModified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException leftThere) {
      // The file is a cache only: it may stay.
    }
  }
}
