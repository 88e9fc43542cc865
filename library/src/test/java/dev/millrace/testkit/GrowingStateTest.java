package dev.millrace.testkit;

import static dev.millrace.testkit.GrowingJob.START;
import static dev.millrace.testkit.GrowingJob.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ValueState;
import dev.millrace.testkit.GrowingJob.Word;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State and files that come into stages of a job, and go. */
final class GrowingStateTest {

  private final GrowingJob growing = new GrowingJob();

  @TempDir Path directory;

  /** A function with one state or two. */
  static final class Sums extends KeyedProcessFunction<String, Word, String> {
    private final ValueState<Long> sum = state.value("sum", Long.class);
    private final boolean counts;
    private final ValueState<Long> records;

    Sums(boolean counts) {
      this.counts = counts;
      this.records = counts ? state.value("a-count", Long.class) : sum;
    }

    @Override
    public void onRecord(Word word, Context context) {
      sum.set(sum.valueOr(0L) + word.count());
      if (counts) {
        records.set(records.valueOr(0L) + 1);
        context.emit(word.word() + " " + sum.valueOr(0L) + " in " + records.valueOr(0L));
      } else {
        context.emit(word.word() + " " + sum.valueOr(0L));
      }
    }
  }

  private static Consumer<Job> sums(boolean counts) {
    return job ->
        words(job)
            .keyBy(Word::word)
            .process(() -> new Sums(counts))
            .name("sums")
            .to(KafkaSink.strings("others"));
  }

  private List<String> others() {
    return growing.outputs.drain("others", TypeRef.of(String.class));
  }

  @Test
  void aStateComesAndGoesAndComesBackEmpty() {
    growing.send("a");
    growing.runToTheEnd(growing.version(sums(false)));
    assertThat(others()).containsExactly("a 1");

    growing.send("a");
    growing.runToTheEnd(growing.version(sums(true)));
    assertThat(others()).containsExactly("a 2 in 1");
    int id = idOf("sums.a-count");
    assertThat(id).as("after those that were there").isEqualTo(4);

    assertThatThrownBy(growing.version(sums(false))::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("the state of 'sums.a-count' in stage 'sums'")
        .hasMessageContaining("--drop sums/sums.a-count");
    growing.send("a");
    growing.runToTheEnd(growing.version(sums(true)));
    assertThat(others()).containsExactly("a 3 in 2");

    growing.send("a");
    growing.runToTheEnd(growing.version(sums(false), "sums/sums.a-count"));
    assertThat(others()).containsExactly("a 4");

    growing.send("a");
    Driver again = growing.version(sums(true));
    again.loseDisk();
    growing.runToTheEnd(again);
    assertThat(others()).containsExactly("a 5 in 1");
    assertThat(idOf("sums.a-count")).isGreaterThan(id);
  }

  private int idOf(String store) {
    return growing.manifest().stages().get("sums").storeIds().of(store).orElseThrow();
  }

  @Test
  void aSecondStepJoinsAStageThatHasState() {
    Consumer<Job> two = job -> shared(job, false);
    Consumer<Job> three = job -> shared(job, true);
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(two));
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(three));
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.table("lengths")).isEqualTo(Map.of("a", 1L, "bb", 1L));
    assertThatThrownBy(growing.version(two)::start)
        .hasMessageContaining("--drop words-key-by/again");
    growing.send("a");
    growing.runToTheEnd(growing.version(two, "words-key-by/again"));
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.table("lengths")).isEqualTo(Map.of("a", 1L, "bb", 1L));
  }

  private static void shared(Job job, boolean more) {
    var keyed = words(job).keyBy(Word::word);
    keyed.sum(Word::count).name("totals").to(KafkaSink.upsert("totals"));
    keyed.count().name("records").to(KafkaSink.upsert("plain"));
    if (more) {
      keyed.count().name("again").to(KafkaSink.upsert("lengths"));
    }
  }

  /** The stage has kept its positions in its offsets, and keeps them in a changelog from now on. */
  @Test
  void aSinkToFilesJoinsAStageWithoutState() throws Exception {
    Consumer<Job> first = job -> words(job).map(Word::word).to(KafkaSink.strings("others"));
    Consumer<Job> second =
        job -> {
          DataStream<String> words = words(job).map(Word::word);
          words.to(KafkaSink.strings("others"));
          words.to(FileSink.jsonLines(directory)).name("files");
        };
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(first));
    Driver next = growing.version(second);
    next.start();
    next.run();
    assertThat(Seen.watermark(next.instances(), "words"))
        .as("the time that the stage had when it kept it in its offsets")
        .contains(START);
    growing.send("ccc", "a");
    next.run();
    next.stop(0);
    assertThat(others()).containsExactlyInAnyOrder("a", "bb", "ccc", "a");
    assertThat(files()).containsExactlyInAnyOrder("\"ccc\"", "\"a\"");

    assertThatThrownBy(growing.version(first)::start).hasMessageContaining("--drop words/files");
    // The changelog stays: it has the positions.
    growing.send("dd");
    growing.runToTheEnd(growing.version(first, "words/files"));
    assertThat(others()).containsExactly("dd");
    assertThat(growing.ownTopics()).containsExactly("growing.words.changelog");
    growing.send("e");
    growing.runToTheEnd(growing.version(second));
    assertThat(others()).containsExactly("e");
    assertThat(files()).contains("\"e\"").doesNotContain("\"dd\"");
  }

  private List<String> files() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getFileName().toString().startsWith(".")) {
          lines.addAll(Files.readAllLines(file));
        }
      }
    }
    return lines;
  }
}
