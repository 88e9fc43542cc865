package dev.millrace.connector;

import dev.millrace.function.TimestampFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The splits of a {@link FileSource}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param splitBytes the size of a split
 */
record FileSplits<T>(
    Path path,
    TypeRef<T> type,
    FileSplitReader.LineDecoder<T> decoder,
    long splitBytes,
    @Nullable TimestampFunction<T> timestamps,
    @Nullable Watermarks<? super T> strategy)
    implements SplitSource<T> {

  FileSplits<T> withDecoder(FileSplitReader.LineDecoder<T> other) {
    return new FileSplits<>(path, type, other, splitBytes, timestamps, strategy);
  }

  FileSplits<T> withSplitBytes(long other) {
    return new FileSplits<>(path, type, decoder, other, timestamps, strategy);
  }

  FileSplits<T> withEventTime(TimestampFunction<T> other) {
    return new FileSplits<>(path, type, decoder, splitBytes, other, strategy);
  }

  FileSplits<T> withWatermarks(Watermarks<? super T> other) {
    return new FileSplits<>(path, type, decoder, splitBytes, timestamps, other);
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
  public Optional<TimestampFunction<T>> eventTime() {
    return Optional.ofNullable(timestamps);
  }

  @Override
  public Optional<Watermarks<? super T>> watermarks() {
    return Optional.ofNullable(strategy);
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
