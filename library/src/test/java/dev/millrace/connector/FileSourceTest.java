package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every line once, wherever files are cut and readers are interrupted. */
final class FileSourceTest {

  record Word(String word, long count) {}

  @TempDir Path directory;

  /** Keeps what a reader hands out. */
  static final class Collected<T> implements SplitOutput<T> {
    final List<T> values = new ArrayList<>();
    final List<Long> timestamps = new ArrayList<>();
    final List<String> rejected = new ArrayList<>();
    final List<String> reasons = new ArrayList<>();

    @Override
    public void emit(T value, long timestampMs) {
      values.add(value);
      timestamps.add(timestampMs);
    }

    @Override
    public void reject(byte[] original, Exception cause) {
      rejected.add(new String(original, StandardCharsets.UTF_8));
      reasons.add(String.valueOf(cause.getMessage()));
    }
  }

  private static <T> Collected<T> readAll(FileSource<T> files) throws Exception {
    SplitSource<T> source = files.asSplits();
    Collected<T> all = new Collected<>();
    for (byte[] split : source.splits()) {
      try (SplitReader<T> reader = source.open(split, new byte[0])) {
        while (reader.read(all, 100) != SplitReader.Progress.END) {
          assertThat(all.values.size()).isLessThan(10_000_000);
        }
      }
    }
    return all;
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content, StandardCharsets.UTF_8);
  }

  @Test
  void linesComeWithoutTheirEnds() throws Exception {
    Path file = file("a.txt", "\uFEFFone\ntwo\r\n\nthrée\r\nlast");
    assertThat(readAll(FileSource.lines(file)).values)
        .containsExactly("one", "two", "", "thrée", "last");
    assertThat(readAll(FileSource.lines(file("b.txt", "one\n"))).values).containsExactly("one");
    assertThat(readAll(FileSource.lines(file("c.txt", ""))).values).isEmpty();
    assertThat(readAll(FileSource.lines(file("d.txt", "\n"))).values).containsExactly("");
  }

  @Test
  void everyLineIsReadOnceWhereverTheFileIsCut() throws Exception {
    Path file = file("a.txt", "a\nbb\n\nccc\r\ndddd\n\n\neeeee\nf");
    List<String> expected = readAll(FileSource.lines(file)).values;
    for (int bytes = 1; bytes < 40; bytes++) {
      assertThat(readAll(FileSource.lines(file).splitBytes(bytes)).values)
          .as("%s bytes a split", bytes)
          .isEqualTo(expected);
    }
  }

  @Test
  void readingGoesOnAtTheCommittedLine() throws Exception {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        String line = i + "-" + "x".repeat(random.nextInt(300));
        expected.add(line);
        text.append(line).append(random.nextBoolean() ? "\n" : "\r\n");
      }
      SplitSource<String> source =
          FileSource.lines(file("long.txt", text.toString()))
              .splitBytes(1 + random.nextInt(100_000))
              .asSplits();
      Collected<String> all = new Collected<>();
      for (byte[] split : source.splits()) {
        byte[] position = {};
        SplitReader.Progress progress = SplitReader.Progress.MORE;
        while (progress != SplitReader.Progress.END) {
          try (SplitReader<String> reader = source.open(split, position)) {
            progress = reader.read(all, 1 + random.nextInt(500));
            position = reader.position();
            if (random.nextBoolean() && progress != SplitReader.Progress.END) {
              reader.read(new Collected<>(), 3); // read, not committed
            }
          }
        }
      }
      assertThat(all.values).as("seed %s", seed).isEqualTo(expected);
    }
  }

  @Test
  void linesMayBeLongerThanTheBuffer() throws Exception {
    String line = "y".repeat(500_000);
    Path file = file("a.txt", "first\n" + line + "\nlast\n");
    assertThat(readAll(FileSource.lines(file).splitBytes(10_000)).values)
        .containsExactly("first", line, "last");
  }

  @Test
  void directoriesAreReadInTheOrderOfNames() throws Exception {
    file("b.txt", "3\n4");
    file("a.txt", "1\n2\n");
    file(".hidden", "no\n");
    Files.createDirectory(directory.resolve("inside"));
    assertThat(readAll(FileSource.lines(directory)).values).containsExactly("1", "2", "3", "4");
  }

  @Test
  void whatIsAppendedLaterIsNotLookedAt() throws Exception {
    Path file = file("a.txt", "1\n2");
    SplitSource<String> source = FileSource.lines(file).asSplits();
    List<byte[]> splits = source.splits();
    Files.writeString(file, "1\n2222\n3\n");
    Collected<String> all = new Collected<>();
    try (SplitReader<String> reader = source.open(splits.get(0), new byte[0])) {
      assertThat(reader.read(all, 100)).isEqualTo(SplitReader.Progress.END);
    }
    assertThat(all.values).containsExactly("1", "2");
  }

  @Test
  void eventTimeIsThatOfTheFileWhenItWasCut() throws Exception {
    Path file = file("a.txt", "1\n");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_234_567));
    SplitSource<String> source = FileSource.lines(file).asSplits();
    List<byte[]> splits = source.splits();
    Files.setLastModifiedTime(file, FileTime.fromMillis(9_999_999));
    Collected<String> all = new Collected<>();
    try (SplitReader<String> reader = source.open(splits.get(0), new byte[0])) {
      assertThat(reader.read(all, 100)).isEqualTo(SplitReader.Progress.END);
    }
    assertThat(all.timestamps).containsExactly(1_234_567L);
  }

  @Test
  void malformedLinesAreRejectedWithTheirPlace() throws Exception {
    Path file = file("a.jsonl", "{\"word\":\"a\",\"count\":1}\n\n  \nnonsense\n{\"word\":\"b\"}\n");
    Collected<Word> all = readAll(FileSource.jsonLines(file, Word.class).lenient());
    assertThat(all.values).containsExactly(new Word("a", 1), new Word("b", 0));
    assertThat(all.rejected).containsExactly("nonsense");
    Collected<Word> strict = readAll(FileSource.jsonLines(file, Word.class));
    assertThat(strict.values).containsExactly(new Word("a", 1));
    assertThat(strict.rejected).containsExactly("nonsense", "{\"word\":\"b\"}");
    assertThat(all.reasons.get(0))
        .contains("Cannot decode JSON")
        .contains("(at byte 0 of 8, value nonsense)")
        .contains("a.jsonl, line at byte 27");
  }

  @Test
  void missingInputIsAConfigurationError() throws Exception {
    assertThatThrownBy(() -> FileSource.lines(directory.resolve("none")).asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no such file or directory");
    assertThatThrownBy(() -> FileSource.lines(directory).asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the directory has no files");

    Path file = file("a.txt", "1\n2\n");
    SplitSource<String> source = FileSource.lines(file).asSplits();
    byte[] split = source.splits().get(0);
    Files.writeString(file, "1");
    assertThatThrownBy(() -> source.open(split, new byte[0]))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it has become shorter");
    Files.delete(file);
    assertThatThrownBy(() -> source.open(split, new byte[0]))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the file is not there");
  }

  @Test
  void theNameIsMadeFromThePath() {
    assertThat(FileSource.lines(Path.of("/data/Shake Speare.TXT")).asSplits().name())
        .isEqualTo("shake-speare-txt");
    assertThat(FileSource.lines(Path.of("/")).asSplits().name()).isEqualTo("files");
  }

  @Test
  void gzippedFilesAreReadAsTheTextInThem() throws Exception {
    StringBuilder text = new StringBuilder("\uFEFF");
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      expected.add("line " + i);
      text.append("line ").append(i).append('\n');
    }
    Path file = directory.resolve("a.txt.gz");
    int half = text.length() / 2;
    try (OutputStream out = Files.newOutputStream(file)) {
      // Two members, as when compressed files were put together.
      out.write(gzip(text.substring(0, half)));
      out.write(gzip(text.substring(half)));
    }
    SplitSource<String> source = FileSource.lines(file).splitBytes(1_000).asSplits();
    assertThat(source.splits()).hasSize(1);
    assertThat(readAll(FileSource.lines(file)).values).isEqualTo(expected);

    Collected<String> all = new Collected<>();
    byte[] position = {};
    SplitReader.Progress progress = SplitReader.Progress.MORE;
    while (progress != SplitReader.Progress.END) {
      try (SplitReader<String> reader = source.open(source.splits().get(0), position)) {
        progress = reader.read(all, 7_777);
        position = reader.position();
      }
    }
    assertThat(all.values).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"1", "10", "18", "19", "25", "100", "100000"})
  void nothingAfterAGzipMemberIsDropped(int bytes) throws Exception {
    byte[] intact = gzip("one\ntwo\n".repeat(20_000));
    Path file = directory.resolve("a.gz");
    byte[] rest = "x".repeat(bytes).getBytes(StandardCharsets.US_ASCII);
    if (bytes == 19) {
      // A further member that was cut off.
      rest = Arrays.copyOf(gzip("three\n"), bytes);
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(intact);
      out.write(rest);
    }
    assertThatThrownBy(() -> readAll(FileSource.lines(file)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(bytes == 19 ? "cut off" : "ends at byte " + intact.length);
  }

  @Test
  void ofAGzippedFileOnlyWhatWasThereAtFirstIsRead() throws Exception {
    Path file = Files.write(directory.resolve("a.gz"), gzip("one\n"));
    SplitSource<String> source = FileSource.lines(file).asSplits();
    byte[] split = source.splits().get(0);
    Files.write(file, gzip("two\n"), StandardOpenOption.APPEND);
    Collected<String> all = new Collected<>();
    try (SplitReader<String> reader = source.open(split, new byte[0])) {
      assertThat(reader.read(all, 100)).isEqualTo(SplitReader.Progress.END);
    }
    assertThat(all.values).containsExactly("one");
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "504B0304140000, a zip archive",
    "28B52FFD2400, compressed by zstd",
    "425A6839314159, compressed by bzip2",
    "FD377A585A0000, compressed by xz",
    "04224D186440, compressed by lz4",
    "504152311504, a Parquet file",
    "4F626A0104, an Avro file",
    "FFFE61000A00, text in UTF-16",
  })
  void whatIsNoTextIsRefusedWithItsName(String hex, String what) throws Exception {
    Path file = Files.write(directory.resolve("a.jsonl"), HexFormat.of().parseHex(hex));
    assertThatThrownBy(() -> FileSource.lines(file).asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(what)
        .hasMessageContaining("compressed by gzip");
  }

  @Test
  void textInAnotherCharsetIsRejectedOrDecoded() throws Exception {
    Path file =
        Files.write(
            directory.resolve("a.txt"),
            "caf\u00e9\nplain\n\u00fcber\n".getBytes(StandardCharsets.ISO_8859_1));
    Collected<String> utf8 = readAll(FileSource.lines(file));
    assertThat(utf8.values).containsExactly("plain");
    assertThat(utf8.rejected).hasSize(2);
    assertThat(utf8.reasons.get(0))
        .contains("not in UTF-8 (byte 0xe9 at position 3)")
        .contains(".charset(...)")
        .contains("line at byte 0");
    assertThat(readAll(FileSource.lines(file).charset(StandardCharsets.ISO_8859_1)).values)
        .containsExactly("caf\u00e9", "plain", "\u00fcber");
    Path json =
        Files.write(
            directory.resolve("a.jsonl"),
            "{\"word\":\"caf\u00e9\",\"count\":1}\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(readAll(FileSource.jsonLines(json, Word.class)).rejected).hasSize(1);
    assertThat(
            readAll(FileSource.jsonLines(json, Word.class).charset(StandardCharsets.ISO_8859_1))
                .values)
        .containsExactly(new Word("caf\u00e9", 1));
    // The replacement character itself is text.
    assertThat(readAll(FileSource.lines(file("b.txt", "a\uFFFDb\n"))).values)
        .containsExactly("a\uFFFDb");
    assertThatThrownBy(() -> FileSource.lines(file).charset(StandardCharsets.UTF_16))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("UTF-16");
  }

  @Test
  void patternsNameFilesInDirectories() throws Exception {
    Files.createDirectories(directory.resolve("x/y/z"));
    Files.createDirectories(directory.resolve("x/.hidden"));
    file("x/a.jsonl", "1\n");
    file("x/b.txt", "no\n");
    file("x/y/c.jsonl", "2\n");
    file("x/y/z/d.jsonl", "3\n");
    file("x/.hidden/e.jsonl", "no\n");
    file("x/.f.jsonl", "no\n");
    file("x/[g].jsonl", "4\n");
    assertThat(readAll(pattern("x/*.jsonl")).values).containsExactly("4", "1");
    assertThat(readAll(pattern("x/**/*.jsonl")).values).containsExactly("4", "1", "2", "3");
    assertThat(readAll(pattern("x/*/*.jsonl")).values).containsExactly("2");
    assertThat(readAll(pattern("*/{a,b}.{jsonl,txt}")).values).containsExactly("1", "no");
    assertThat(readAll(pattern("x/[g].jsonl")).values).containsExactly("4");
    assertThat(pattern("x/y/*.jsonl").asSplits().name()).isEqualTo("y");
    assertThatThrownBy(() -> pattern("x/*.csv").asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no file matches it");
    assertThatThrownBy(() -> pattern("none/*.csv").asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no directory");
  }

  @Test
  void linksAreFollowed() throws Exception {
    Files.createDirectories(directory.resolve("data/2026"));
    file("data/2026/a.jsonl", "1\n");
    file("data/2026/b.jsonl", "2\n");
    Files.createSymbolicLink(directory.resolve("base"), directory.resolve("data"));
    Files.createDirectory(directory.resolve("mounted"));
    Files.createSymbolicLink(directory.resolve("mounted/today"), directory.resolve("data/2026"));
    Files.createSymbolicLink(directory.resolve("data/2026/c.jsonl"), directory.resolve("c"));
    file("c", "3\n");
    assertThat(readAll(pattern("base/*/*.jsonl")).values).containsExactly("1", "2", "3");
    assertThat(readAll(pattern("mounted/**/*.jsonl")).values).containsExactly("1", "2", "3");
    assertThat(readAll(pattern("mounted/today")).values).containsExactly("1", "2", "3");
  }

  @Test
  void aFileWithSeveralNamesIsReadOnce() throws Exception {
    Files.createDirectory(directory.resolve("2026"));
    file("2026/a.jsonl", "1\n");
    Files.createSymbolicLink(directory.resolve("current"), directory.resolve("2026"));
    file("app-1.log", "2\n");
    Files.createSymbolicLink(directory.resolve("app.log"), directory.resolve("app-1.log"));
    assertThat(readAll(pattern("**/*.jsonl")).values).containsExactly("1");
    assertThat(readAll(pattern("*.log")).values).containsExactly("2");
    assertThat(readAll(FileSource.lines(directory)).values).containsExactly("2");
  }

  @Test
  void linksThatLeadNowhereOrBackAreNamed() throws Exception {
    Files.createDirectories(directory.resolve("x/y"));
    file("x/a.jsonl", "1\n");
    Path loop = directory.resolve("x/y/back");
    Files.createSymbolicLink(loop, directory.resolve("x"));
    assertThatThrownBy(() -> pattern("x/**/*.jsonl").asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(loop.toString())
        .hasMessageContaining("leads back");
    assertThat(readAll(pattern("x*/a*.jsonl")).values).as("does not reach it").containsExactly("1");
    Path nowhere = directory.resolve("x/b.jsonl");
    Files.createSymbolicLink(nowhere, directory.resolve("none"));
    assertThatThrownBy(() -> pattern("x/*.jsonl").asSplits().splits())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(nowhere.toString())
        .hasMessageContaining("leads to no file");
    assertThat(readAll(pattern("x/a*.jsonl")).values).containsExactly("1");
  }

  @Test
  void directoriesThatAPatternCannotMatchAreNotLookedInto() throws Exception {
    Files.createDirectories(directory.resolve("x/2026-01"));
    Files.createDirectories(directory.resolve("x/lost/deep"));
    file("x/2026-01/a.jsonl", "1\n");
    Files.createSymbolicLink(directory.resolve("x/lost/deep/back"), directory.resolve("x"));
    Files.createDirectories(directory.resolve("x/.hidden/deep"));
    Files.createSymbolicLink(directory.resolve("x/.hidden/back"), directory.resolve("x"));
    assertThat(readAll(pattern("x/2026-*/**/*.jsonl")).values).containsExactly("1");
    assertThat(readAll(pattern("x/2026-*/*")).values).containsExactly("1");
  }

  @Test
  void aPatternThatIsNoneIsAConfigurationError() {
    for (String wrong : List.of("{a,b", "[ab", "x/{a,{b}}/*.jsonl", "\\")) {
      assertThatThrownBy(() -> pattern(wrong).asSplits().splits())
          .as(wrong)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(wrong);
    }
  }

  @Test
  void aDirectoryThatMayNotBeReadIsNamed() throws Exception {
    Path locked = Files.createDirectories(directory.resolve("x/locked"));
    Files.setPosixFilePermissions(locked, Set.of());
    try {
      Assumptions.assumeFalse(Files.isReadable(locked), "this user may read everything");
      assertThatThrownBy(() -> pattern("x/**/*.jsonl").asSplits().splits())
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(locked.toString());
    } finally {
      Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private FileSource<String> pattern(String pattern) {
    return FileSource.lines(directory.resolve(pattern));
  }

  @Test
  void linesThatAreTooLongAreRejectedAndTheNextOnesRead() throws Exception {
    String longer = "y".repeat(300_000);
    Path file = file("a.txt", "first\n" + longer + "\nmiddle\nfour5\nfour56\n" + longer);
    for (int split : new int[] {1_000, 200_000, 10_000_000}) {
      Collected<String> five = readAll(FileSource.lines(file).maxLineBytes(5).splitBytes(split));
      assertThat(five.values).as("splits of %s", split).containsExactly("first", "four5");
      assertThat(five.rejected).hasSize(4).contains("middle", "four56");
      assertThat(five.reasons.get(0))
          .contains("longer than 5 bytes")
          .contains("line at byte 6")
          .contains(".maxLineBytes(...)");
      Collected<String> most =
          readAll(FileSource.lines(file).maxLineBytes(200_000).splitBytes(split));
      assertThat(most.values).containsExactly("first", "middle", "four5", "four56");
      assertThat(most.rejected).hasSize(2);
      assertThat(readAll(FileSource.lines(file).maxLineBytes(300_000).splitBytes(split)).rejected)
          .isEmpty();
    }
  }
}
