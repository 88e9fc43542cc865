package dev.millrace.connector;

import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.util.DerivedName;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.internal.util.StrictText;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The splits of a {@link FileSource}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param decoder makes a record of a line in UTF-8
 */
record FileSplits<T>(
    Path path,
    TypeRef<T> type,
    FileSplitReader.LineDecoder<T> decoder,
    Options options,
    @Nullable TimestampFunction<T> timestamps,
    @Nullable Watermarks<? super T> strategy)
    implements SplitSource<T> {

  /**
   * The options that have defaults.
   *
   * @param splitBytes the size of a split
   * @param maxLineBytes the longest line
   */
  record Options(long splitBytes, int maxLineBytes, Charset charset) {

    static final Options DEFAULT = new Options(16L << 20, 64 << 20, StandardCharsets.UTF_8);

    Options withSplitBytes(long other) {
      return new Options(other, maxLineBytes, charset);
    }

    Options withMaxLineBytes(int other) {
      return new Options(splitBytes, other, charset);
    }

    Options withCharset(Charset other) {
      return new Options(splitBytes, maxLineBytes, other);
    }
  }

  FileSplits<T> with(Options other) {
    return new FileSplits<>(path, type, decoder, other, timestamps, strategy);
  }

  FileSplits<T> withDecoder(FileSplitReader.LineDecoder<T> other) {
    return new FileSplits<>(path, type, other, options, timestamps, strategy);
  }

  FileSplits<T> withEventTime(TimestampFunction<T> other) {
    return new FileSplits<>(path, type, decoder, options, other, strategy);
  }

  FileSplits<T> withWatermarks(Watermarks<? super T> other) {
    return new FileSplits<>(path, type, decoder, options, timestamps, other);
  }

  /** {@return a name made from that of the file, of the directory, or of a pattern's directory} */
  @Override
  public String name() {
    Path last = FilePattern.base(path).toAbsolutePath().normalize().getFileName();
    return last == null ? "files" : DerivedName.of("file", last.toString());
  }

  @Override
  public Optional<TimestampFunction<T>> eventTime() {
    return Optional.ofNullable(timestamps);
  }

  @Override
  public Optional<Watermarks<? super T>> watermarks() {
    return Optional.ofNullable(strategy);
  }

  @Override
  public List<byte[]> splits() {
    return FileSplit.cut(path, options.splitBytes()).stream().map(FileSplit::describe).toList();
  }

  @Override
  public SplitReader<T> open(byte[] split, byte[] position) throws IOException {
    return FileSplitReader.open(
        FileSplit.parse(split),
        position,
        options.charset().equals(StandardCharsets.UTF_8) ? decoder : transcoding(),
        options.maxLineBytes());
  }

  private FileSplitReader.LineDecoder<T> transcoding() {
    Charset charset = options.charset();
    return (bytes, offset, length) -> {
      byte[] line = text(bytes, offset, length, charset).getBytes(StandardCharsets.UTF_8);
      return decoder.decode(line, 0, line.length);
    };
  }

  /** {@return the text in the slice, which has to be in the charset} */
  static String text(byte[] bytes, int offset, int length, Charset charset) {
    try {
      return StrictText.decode(bytes, offset, length, charset);
    } catch (MalformedBytesException e) {
      throw new MalformedBytesException(
          e.getMessage()
              + ". If the file is in another charset, name it with .charset(...) at the source");
    }
  }
}
