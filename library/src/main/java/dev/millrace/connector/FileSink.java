package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A sink that writes files into a directory, exactly once: a reader of {@code DIR/*.jsonl} or
 * {@code DIR/*.csv} sees whole files of committed results, each result in exactly one of them.
 *
 * <p><b>Contract.</b> Results go into hidden files below {@code DIR/.millrace} first and are forced
 * to disk before each commit. A file is published, by renaming it into {@code DIR}, after the
 * commit in which it became complete: when it has reached the size of {@link #rollAtBytes}, when
 * its first record is older than {@link #rollEvery}, and at the end of a bounded input. Published
 * files are never touched again; readers may move or delete them. A job that is stopped leaves the
 * files it was writing hidden, and continues them when it is started again.
 *
 * <p>Names are {@code JOB-SINK-TASK-...}; those of one task sort in the order of writing. Results
 * of different tasks are in different files.
 *
 * <p>Commits are at least a second apart, since each one forces files to disk.
 *
 * <p><b>Where.</b> Every instance of the job must see the directory under this path, on one file
 * system: a shared one, if there are several hosts. An instance that takes over and does not find
 * what its predecessor committed stops with an error. The file system has to rename files
 * atomically (local ones and NFS do; object stores do not). {@code .millrace} may be deleted when
 * no job that writes to the directory runs or is to be continued; the deletion of a job does not
 * remove its part. A job that is reset writes its results anew beside the old ones, under names
 * with the next reset epoch: empty the directory before, unless you want both.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * <p><b>Errors.</b> A full or failing disk stops the instance with a {@link
 * dev.millrace.error.StateStoreException}; nothing committed is lost, and the job goes on from its
 * last commit when it is started again. A value that cannot be written as text goes to the error
 * policy.
 *
 * <p><b>Example.</b> {@code counts.to(FileSink.jsonLines(Path.of("out")))}.
 *
 * @param <T> the results
 */
public final class FileSink<T> implements WriterSink<T> {

  private static final Rolling DEFAULT = new Rolling(64L << 20, Duration.ofMinutes(1));
  private static final Duration MIN_COMMIT_INTERVAL = Duration.ofSeconds(1);

  /** The size and the age at which a file is complete. */
  record Rolling(long atBytes, Duration every) {}

  private final Path directory;
  private final LineFormat.Kind format;
  private final Rolling rolling;
  private final Disk disk;

  private FileSink(Path directory, LineFormat.Kind format, Rolling rolling, Disk disk) {
    this.directory = directory;
    this.format = format;
    this.rolling = rolling;
    this.disk = disk;
  }

  /** {@return a sink that writes one JSON text a line, in UTF-8} */
  public static <T> FileSink<T> jsonLines(Path directory) {
    return new FileSink<>(directory, LineFormat.Kind.JSON, DEFAULT, Disk.REAL);
  }

  /**
   * {@return a sink that writes records as comma-separated values}
   *
   * <p>Each file begins with the names of the components. Values are quoted as in RFC 4180 and
   * lines end in a line feed. Null is written as nothing, the empty text as {@code ""}; a component
   * that is neither text, number nor time is written as JSON. Values that are not records go to the
   * error policy, and so do records with other components than the first one that a task writes.
   */
  public static <T> FileSink<T> csv(Path directory) {
    return new FileSink<>(directory, LineFormat.Kind.CSV, DEFAULT, Disk.REAL);
  }

  /**
   * {@return the same sink with another size at which a file is complete}
   *
   * @param bytes at least 1; by default 64 MiB. A record is never split, so files get a little
   *     larger
   */
  public FileSink<T> rollAtBytes(long bytes) {
    if (bytes < 1) {
      throw new ConfigurationException(
          "Cannot roll files at " + bytes + " bytes: give a positive number of bytes");
    }
    return new FileSink<>(directory, format, new Rolling(bytes, rolling.every()), disk);
  }

  /**
   * {@return the same sink with another age at which a file is complete, counted from its first
   * record on the clock of the machine; nothing new has to arrive for it}
   *
   * @param age more than zero; by default one minute
   */
  public FileSink<T> rollEvery(Duration age) {
    if (age.isZero() || age.isNegative()) {
      throw new ConfigurationException(
          "Cannot roll files every " + age + ": give a duration of more than zero");
    }
    return new FileSink<>(directory, format, new Rolling(rolling.atBytes(), age), disk);
  }

  /** {@return the same sink on another disk, for tests} */
  FileSink<T> on(Disk other) {
    return new FileSink<>(directory, format, rolling, other);
  }

  @Override
  public String name() {
    return "file";
  }

  @Override
  public SinkWriter<T> open(SinkContext context) {
    return FileSinkWriter.open(context, directory, format, rolling, disk);
  }

  @Override
  public boolean keepsState() {
    return true;
  }

  @Override
  public Duration minCommitInterval() {
    return MIN_COMMIT_INTERVAL;
  }
}
