package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.codec.JsonRules;
import dev.millrace.internal.spec.Specs;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads text files in UTF-8, a record from each line, each exactly once.
 *
 * <p><b>Contract.</b> The path is a file, or a directory whose files are read in the order of their
 * names; hidden files and directories inside are left out. What is there when the job is first
 * started is its input: the files are cut into splits then, at line ends, and later files or lines
 * are not looked at. The files must not change until the job is through, and every instance must
 * reach them under this path; a failover goes on at the line that was committed last.
 *
 * <p>Lines end in a line feed, with or without a carriage return ahead of it; the last one may lack
 * it. A byte order mark is skipped.
 *
 * <p><b>Time.</b> A record's event time is when its file was last modified (as of the job's first
 * start), or what {@link #eventTime} reads. Splits are read side by side and in no order across
 * tasks: with {@link #watermarks}, give a bound that covers how far times in the files go back and
 * forth, or use one split per file and one file per task. A task that has read all its splits does
 * not hold time back.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * <p><b>Errors.</b> A path that is not there: {@link ConfigurationException} when the job is
 * started. A line that is no JSON goes to the error policy, its bytes to the dead letters.
 *
 * <p><b>Example.</b> {@code job.source(FileSource.lines(Path.of("shakespeare.txt")))}.
 *
 * @param <T> the records
 */
public final class FileSource<T> implements Source<T> {

  private static final long DEFAULT_SPLIT_BYTES = 16L << 20;

  static {
    Specs.grant(FileSource.class, source -> source.splits);
  }

  private final FileSplits<T> splits;

  private FileSource(FileSplits<T> splits) {
    this.splits = splits;
  }

  private static <T> FileSource<T> of(
      Path path, TypeRef<T> type, FileSplitReader.LineDecoder<T> decoder) {
    return new FileSource<>(new FileSplits<>(path, type, decoder, DEFAULT_SPLIT_BYTES, null, null));
  }

  /** {@return a source of lines, without their line ends} */
  public static FileSource<String> lines(Path path) {
    return of(
        path,
        TypeRef.of(String.class),
        (bytes, offset, length) -> new String(bytes, offset, length, StandardCharsets.UTF_8));
  }

  /** {@return a source of JSON values, one on each line; empty lines are skipped} */
  public static <T> FileSource<T> jsonLines(Path path, Class<T> type) {
    return jsonLines(path, TypeRef.of(type));
  }

  /** {@return a source of JSON values of a generic type, one on each line} */
  public static <T> FileSource<T> jsonLines(Path path, TypeRef<T> type) {
    return of(path, type, new JsonLineDecoder<>(type, JsonRules.DEFAULT));
  }

  /**
   * {@return the same source with another unit of numbers that stand for times; by default they are
   * milliseconds}
   *
   * @throws ConfigurationException if its lines are not JSON
   */
  public FileSource<T> times(JsonTimes unit) {
    JsonLineDecoder<T> json = json("times");
    return with(json.by(json.rules().times(unit)));
  }

  /**
   * {@return the same source, but a component that a record lacks is null, zero or false, as if
   * that were its default}
   *
   * <p>Without it a missing component is the same as a null, an error for a primitive say, and so
   * is a record that has none of the type's fields, or one of them under nearly its name.
   *
   * @throws ConfigurationException if its lines are not JSON
   */
  public FileSource<T> lenient() {
    JsonLineDecoder<T> json = json("lenient");
    return with(json.by(json.rules().lenient()));
  }

  private JsonLineDecoder<T> json(String method) {
    if (splits.decoder() instanceof JsonLineDecoder<T> json) {
      return json;
    }
    throw new ConfigurationException(
        "Cannot call "
            + method
            + "() on the source of "
            + splits.path()
            + ": it concerns JSON only. Leave it out, or read the lines with jsonLines(..)");
  }

  private FileSource<T> with(FileSplitReader.LineDecoder<T> other) {
    return new FileSource<>(splits.withDecoder(other));
  }

  /**
   * {@return the same source with another size of splits}
   *
   * @param bytes at least 1; by default 16 MiB
   */
  public FileSource<T> splitBytes(long bytes) {
    if (bytes < 1) {
      throw new ConfigurationException(
          "Cannot cut files into splits of " + bytes + " bytes: give a positive number of bytes");
    }
    return new FileSource<>(splits.withSplitBytes(bytes));
  }

  /** {@return the same source with event times read from the values} */
  public FileSource<T> eventTime(TimestampFunction<T> timestamp) {
    return new FileSource<>(splits.withEventTime(timestamp));
  }

  /** {@return the same source with watermarks, so that windows go by event time} */
  public FileSource<T> watermarks(Watermarks<? super T> strategy) {
    return new FileSource<>(splits.withWatermarks(strategy));
  }

  SplitSource<T> asSplits() {
    return splits;
  }
}
