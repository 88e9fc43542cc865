package dev.millrace.examples.distinctwords;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is printed of the files that the job writes. */
final class TableViewTest {

  private static final InputStream NOTHING = InputStream.nullInputStream();

  @TempDir Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void theTableHasALinePerCountInOrder() throws Exception {
    publish("job-file-0-0a-0-07-0-000001", "INSERT 10 1", "INSERT 9 3");
    publish("job-file-1-0a-0-07-0-000001", "INSERT 100 1");
    assertThat(view(NOTHING)).isZero();
    assertThat(out).hasToString("9\t3\n10\t1\n100\t1\n");
    assertThat(err).hasToString("distinct-words: 5 distinct words, 3 counts\n");
  }

  @Test
  void filesOfATaskAreReadInTheOrderOfTheirNames() throws Exception {
    publish("job-file-0-0a-0-08-0-000001", "UPDATE_BEFORE 1 2", "UPDATE_AFTER 1 3");
    publish("job-file-0-0a-0-07-0-000002", "UPDATE_BEFORE 1 1", "UPDATE_AFTER 1 2");
    publish("job-file-0-0a-0-07-0-000001", "INSERT 1 1");
    assertThat(view(NOTHING)).isZero();
    assertThat(out).hasToString("1\t3\n");
  }

  @Test
  void withoutFilesTheTableIsEmpty() throws Exception {
    assertThat(run(NOTHING, directory.resolve("missing").toString())).isZero();
    assertThat(out.size()).isZero();
    assertThat(err).hasToString("distinct-words: 0 distinct words, 0 counts\n");
  }

  @Test
  void aChangeThatDoesNotFitIsNamedAndThereIsNoTable() throws Exception {
    publish("a", "INSERT 1 1", "UPDATE_BEFORE 1 2", "UPDATE_AFTER 1 3");
    assertThat(view(NOTHING)).isEqualTo(1);
    assertThat(out.size()).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("UPDATE_BEFORE of count 1 with 2 words: the table has 1 words of that count")
        .contains("a.jsonl, line 2");
  }

  @Test
  void aRowThatIsTakenBackForGoodIsAnError() throws Exception {
    publish("a", "INSERT 1 1", "UPDATE_BEFORE 1 1");
    assertThat(view(NOTHING)).isEqualTo(1);
    assertThat(out.size()).isZero();
  }

  @Test
  void aLineOfSomethingElseIsAnError() throws Exception {
    Files.writeString(directory.resolve("a.jsonl"), "{\"word\":\"mill\"}\n");
    assertThat(view(NOTHING)).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("{\"word\":\"mill\"}", "line 1");
  }

  @Test
  void changesAreShownBeforeTheTable() throws Exception {
    publish("a", "INSERT 1 1", "UPDATE_BEFORE 1 1", "UPDATE_AFTER 1 2", "DELETE 1 2");
    assertThat(view(text("end\n"), "--follow")).isZero();
    assertThat(out)
        .hasToString(
            "+ count 1: 1 words\n- count 1: 1 words\n+ count 1: 2 words\n- count 1: 2 words\n");
  }

  @Test
  void filesAreShownWhileTheyComeAndOnce() throws Exception {
    try (PipedOutputStream input = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(input)) {
      publish("job-file-0-0a-0-07-0-000001", "INSERT 1 1");
      // Publishes the second file when the first one has been shown, and the end after the second.
      Runnable[] next = {
        () -> publish("job-file-0-0a-0-07-0-000002", "UPDATE_BEFORE 1 1", "UPDATE_AFTER 1 2"),
        () -> {},
        () -> write(input, "end\n")
      };
      OutputStream watched =
          new OutputStream() {
            private int lines;

            @Override
            public void write(int b) {
              out.write(b);
              if (b == '\n' && lines < next.length) {
                next[lines++].run();
              }
            }
          };
      assertThat(run(in, watched, "--follow", directory.toString())).isZero();
    }
    assertThat(out)
        .hasToString("+ count 1: 1 words\n- count 1: 1 words\n+ count 1: 2 words\n1\t2\n");
  }

  @Test
  void thereIsNoTableIfTheScriptHasGone() throws Exception {
    publish("a", "INSERT 1 1");
    assertThat(view(NOTHING, "--follow")).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("\t");
  }

  @Test
  void theViewEndsWhenNobodyReadsIt() throws Exception {
    publish("a", "INSERT 1 1");
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("closed");
          }
        };
    try (PipedOutputStream silent = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(silent)) {
      assertThat(run(in, closed, "--follow", directory.toString())).isEqualTo(1);
    }
  }

  @Test
  void filesThatNobodyElseNeedsAreDeleted() throws Exception {
    publish("a", "INSERT 1 1");
    assertThat(view(NOTHING, "--delete")).isZero();
    assertThat(out).hasToString("1\t1\n");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aDrawingCoversTheOneBefore() {
    CountTable table = new CountTable();
    Drawing drawing = new Drawing();
    for (int count = 1; count <= 25; count++) {
      table.apply(CountChange.parse(json("INSERT " + count + " 2")));
    }
    String first = drawing.over(table);
    assertThat(first.lines()).hasSize(23);
    assertThat(first).startsWith("       count        words\u001b[K\n").contains("20            2");
    assertThat(first).doesNotContain("21            2").contains("25           50  in all");
    assertThat(drawing.over(table)).startsWith("\u001b[22A");
  }

  @Test
  void wrongArgumentsAreRefused() throws Exception {
    assertThat(run(NOTHING)).isEqualTo(2);
    assertThat(run(NOTHING, "--watch")).isEqualTo(2);
    assertThat(run(NOTHING, "a", "b")).isEqualTo(2);
    assertThat(view(NOTHING, "--redraw")).isEqualTo(2);
  }

  private int view(InputStream in, String... options) throws Exception {
    return run(
        in,
        Stream.concat(Stream.of(options), Stream.of(directory.toString())).toArray(String[]::new));
  }

  private int run(InputStream in, String... args) throws Exception {
    return run(in, out, args);
  }

  private int run(InputStream in, OutputStream printed, String... args) throws Exception {
    return TableView.run(
        List.of(args),
        in,
        new PrintStream(printed, false, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static InputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Publishes a file of changes, each as {@code KIND COUNT WORDS}. */
  private void publish(String name, String... changes) {
    try {
      Path hidden = Files.createTempFile(directory, "", ".part");
      Files.write(hidden, Stream.of(changes).map(TableViewTest::json).toList());
      Files.move(hidden, directory.resolve(name + ".jsonl"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void write(OutputStream to, String text) {
    try {
      to.write(text.getBytes(StandardCharsets.UTF_8));
      to.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String json(String change) {
    String[] parts = change.split(" ", -1);
    return "{\"kind\":\"%s\",\"count\":%s,\"words\":%s}".formatted((Object[]) parts);
  }
}
