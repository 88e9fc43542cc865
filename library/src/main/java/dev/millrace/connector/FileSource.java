package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.codec.json.JsonRules;
import dev.millrace.internal.spec.Specs;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A source that reads text files, a record from each line, each exactly once.
 *
 * <p><b>Contract.</b> The path is a file, a directory whose files are read in the order of their
 * names, or a pattern such as {@code logs/*.jsonl} or <code>logs/&#42;&#42;/*.jsonl</code> (in
 * which two asterisks stand for any directories, or none); hidden files, and directories in a
 * directory, are left out. Symbolic links are followed, and a file to which several names lead is
 * read once. The input is what is there when the job is first started: the files are cut into
 * splits then, at line ends, and later files or lines are ignored. The files must not change until
 * the job has finished, and every instance must reach them under this path; a failover continues
 * after the line that was committed last.
 *
 * <p>Lines end in a line feed, with or without a carriage return before it; the last one may lack
 * it. A byte order mark is skipped. Files that gzip has compressed are read as the text in them,
 * each by one task from its start, even after a failover. Text is in UTF-8, or in what {@link
 * #charset} names.
 *
 * <p><b>Time.</b> A record's event time is when its file was last modified (as of the job's first
 * start), or what {@link #eventTime} reads; without that and without watermarks a {@link KafkaSink}
 * writes the time of writing. Splits are read side by side and in no order across tasks: so with
 * {@link #watermarks}, give a bound that covers how far times in the files go back and forth, or
 * use one split per file and one file per task. A task that has read all its splits does not hold
 * time back.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * <p><b>Errors.</b> A path that does not exist: {@link ConfigurationException} when the job is
 * started; the same for a file of another kind (zip, zstd, bzip2, xz, Parquet, ...), a directory
 * that cannot be read, and a link that leads nowhere or in a circle. A compressed file that is
 * damaged or has something else at its end stops the job at that byte. A line that is not JSON, is
 * not text in the charset, or is too long goes to the error policy, and its bytes to the dead
 * letters.
 *
 * <p><b>Example.</b> {@code job.source(FileSource.lines(Path.of("shakespeare.txt")))}.
 *
 * @param <T> the records
 */
public final class FileSource<T> implements Source<T> {

  static {
    Specs.grant(FileSource.class, source -> source.splits);
  }

  private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 16;
  private static final String ASCII = "\r\n\t {}[]\":,09AZaz";

  private final FileSplits<T> splits;

  private FileSource(FileSplits<T> splits) {
    this.splits = splits;
  }

  private static <T> FileSource<T> of(
      Path path, TypeRef<T> type, FileSplitReader.LineDecoder<T> decoder) {
    return new FileSource<>(
        new FileSplits<>(path, type, decoder, FileSplits.Options.DEFAULT, null, null));
  }

  /** {@return a source of lines, without their line ends} */
  public static FileSource<String> lines(Path path) {
    return of(
        path,
        TypeRef.of(String.class),
        (bytes, offset, length) -> FileSplits.text(bytes, offset, length, StandardCharsets.UTF_8));
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
   * {@return the same source, in which what a line lacks is null, zero or false, as if that were
   * its default}
   *
   * <p>Without it a missing component of a record, or of a class that is made by a constructor with
   * arguments, is the same as a null, an error for a primitive for example; a property with a
   * setter or a public field keeps the value that it has in a new object. For all of them it is an
   * error if none of the type's fields is there, or one of them under nearly its name only.
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
    return new FileSource<>(splits.with(splits.options().withSplitBytes(bytes)));
  }

  /**
   * {@return the same source with a longest line}
   *
   * @param bytes at least 1; by default 64 MiB. A longer line is a record that cannot be read; each
   *     task has room for one line
   */
  public FileSource<T> maxLineBytes(int bytes) {
    if (bytes < 1 || bytes > MAX_ARRAY_BYTES) {
      throw new ConfigurationException(
          "Cannot read lines of up to "
              + bytes
              + " bytes: give a number from 1 to "
              + MAX_ARRAY_BYTES);
    }
    return new FileSource<>(splits.with(splits.options().withMaxLineBytes(bytes)));
  }

  /**
   * {@return the same source for text in another charset than UTF-8}
   *
   * @param charset one in which ASCII characters are the bytes that they are in ASCII, as in {@code
   *     StandardCharsets.ISO_8859_1} and the Windows code pages, but not in UTF-16
   */
  public FileSource<T> charset(Charset charset) {
    byte[] ascii = ASCII.getBytes(StandardCharsets.US_ASCII);
    if (!charset.canEncode() || !Arrays.equals(ASCII.getBytes(charset), ascii)) {
      throw new ConfigurationException(
          "Cannot read lines in "
              + charset.name()
              + ": its line ends are not those of ASCII. Turn the files into UTF-8, as with iconv");
    }
    return new FileSource<>(splits.with(splits.options().withCharset(charset)));
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
