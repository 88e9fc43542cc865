package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.codec.JsonRules;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * <p><b>Errors.</b> A path that is not there: {@link ConfigurationException} when the job is
 * started. A line that is no JSON goes to the error policy, its bytes to the dead letters.
 *
 * <p><b>Example.</b> {@code job.source(FileSource.lines(Path.of("shakespeare.txt")))}.
 *
 * @param <T> the records
 */
public final class FileSource<T> implements SplitSource<T> {

  private static final long DEFAULT_SPLIT_BYTES = 16L << 20;

  private final Path path;
  private final TypeRef<T> type;
  private final FileSplitReader.LineDecoder<T> decoder;
  private final long splitBytes;
  private final @Nullable TimestampFunction<T> timestamps;
  private final @Nullable Watermarks<? super T> watermarks;

  private FileSource(
      Path path,
      TypeRef<T> type,
      FileSplitReader.LineDecoder<T> decoder,
      long splitBytes,
      @Nullable TimestampFunction<T> timestamps,
      @Nullable Watermarks<? super T> watermarks) {
    this.path = path;
    this.type = type;
    this.decoder = decoder;
    this.splitBytes = splitBytes;
    this.timestamps = timestamps;
    this.watermarks = watermarks;
  }

  /** {@return a source of lines, without their line ends} */
  public static FileSource<String> lines(Path path) {
    return new FileSource<>(
        path,
        TypeRef.of(String.class),
        (bytes, offset, length) -> new String(bytes, offset, length, StandardCharsets.UTF_8),
        DEFAULT_SPLIT_BYTES,
        null,
        null);
  }

  /** {@return a source of JSON values, one on each line; empty lines are skipped} */
  public static <T> FileSource<T> jsonLines(Path path, Class<T> type) {
    return jsonLines(path, TypeRef.of(type));
  }

  /** {@return a source of JSON values of a generic type, one on each line} */
  public static <T> FileSource<T> jsonLines(Path path, TypeRef<T> type) {
    return new FileSource<>(
        path,
        type,
        new JsonLineDecoder<>(type, JsonRules.DEFAULT),
        DEFAULT_SPLIT_BYTES,
        null,
        null);
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
    if (decoder instanceof JsonLineDecoder<T> json) {
      return json;
    }
    throw new ConfigurationException(
        "Cannot call "
            + method
            + "() on the source of "
            + path
            + ": it concerns JSON only. Leave it out, or read the lines with jsonLines(..)");
  }

  private FileSource<T> with(FileSplitReader.LineDecoder<T> other) {
    return new FileSource<>(path, type, other, splitBytes, timestamps, watermarks);
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
    return new FileSource<>(path, type, decoder, bytes, timestamps, watermarks);
  }

  /** {@return the same source with event times read from the values} */
  public FileSource<T> eventTime(TimestampFunction<T> timestamp) {
    return new FileSource<>(path, type, decoder, splitBytes, timestamp, watermarks);
  }

  /** {@return the same source with watermarks, so that windows go by event time} */
  public FileSource<T> watermarks(Watermarks<? super T> strategy) {
    return new FileSource<>(path, type, decoder, splitBytes, timestamps, strategy);
  }

  /** {@return a name made from that of the file or directory} */
  @Override
  public String name() {
    Path last = path.toAbsolutePath().normalize().getFileName();
    String name =
        (last == null ? "" : last.toString())
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^-+|-+$", "");
    return name.isEmpty() ? "files" : name;
  }

  @Override
  public TypeRef<T> type() {
    return type;
  }

  @Override
  public Optional<TimestampFunction<T>> eventTime() {
    return Optional.ofNullable(timestamps);
  }

  @Override
  public Optional<Watermarks<? super T>> watermarks() {
    return Optional.ofNullable(watermarks);
  }

  @Override
  public List<byte[]> splits() {
    return FileSplit.cut(path, splitBytes).stream().map(FileSplit::describe).toList();
  }

  @Override
  public SplitReader<T> open(byte[] split, byte[] position) throws IOException {
    return FileSplitReader.open(FileSplit.parse(split), position, decoder);
  }
}
