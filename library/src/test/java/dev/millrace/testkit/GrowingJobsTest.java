package dev.millrace.testkit;

import static dev.millrace.testkit.GrowingJob.FIRST;
import static dev.millrace.testkit.GrowingJob.WITH_A_BRANCH;
import static dev.millrace.testkit.GrowingJob.lengths;
import static dev.millrace.testkit.GrowingJob.totals;
import static dev.millrace.testkit.GrowingJob.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.spec.Format;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.GrowingJob.Word;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs from a first version of their program to a second one, and back: their stages. */
final class GrowingJobsTest {

  private final GrowingJob growing = new GrowingJob();

  // ------------------------------------------------------------------ new stages

  @Test
  void aNewBranchBeginsWhereTheJobStands() throws Exception {
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(FIRST));
    growing.send("a", "bb", "ccc");

    Driver second = growing.version(WITH_A_BRANCH);
    second.start();
    second.run();
    growing.send("a", "dd");
    second.run();
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.table("lengths")).isEqualTo(Map.of("1", 2L, "2", 2L, "3", 1L));
    assertThat(growing.ownTopics())
        .containsExactly(
            "growing.lengths.changelog",
            "growing.lengths.shuffle",
            "growing.totals.changelog",
            "growing.totals.shuffle");

    second.killAll();
    second.loseDisk();
    second.start();
    growing.send("a");
    second.run();
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.table("lengths")).isEqualTo(Map.of("1", 3L, "2", 2L, "3", 1L));
    assertThat(growing.manifest().changes()).isEqualTo(1);
  }

  /** One partition has no record any more: its time is that of the version before. */
  @Test
  void windowsOfANewBranchCloseByTheTimeThatTheJobHas() {
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(FIRST));

    Driver second =
        growing.version(
            job -> {
              DataStream<Word> words = words(job);
              totals(words);
              words
                  .keyBy(Word::word)
                  .window(Windows.tumbling(Duration.ofSeconds(1)))
                  .count()
                  .name("windows")
                  .map(result -> result.key() + "=" + result.value())
                  .to(KafkaSink.strings("lengths"));
            });
    second.start();
    second.run();
    growing.sent = 0;
    growing.send("a"); // into the window that the totals have got two words of before
    growing.sent = 5_000;
    growing.send("a");
    second.run();
    assertThat(growing.outputs.values("lengths", TypeRef.of(String.class))).isEmpty();
    growing.sent = 6_000;
    growing.send("a", "bb");
    second.run();
    assertThat(growing.outputs.values("lengths", TypeRef.of(String.class)))
        .containsExactlyInAnyOrder("a=1", "a=1");
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNewSourceBeginsAsItSays(boolean fromLatest) {
    growing.cluster.createIfMissing("more", 3);
    TestTopic<String> more = new TestTopic<>(growing.cluster, "more", new Format.Utf8<>());
    more.send(0, "before");
    growing.runToTheEnd(growing.version(FIRST));
    growing.send("a", "bb");

    Driver second =
        growing.version(
            job -> {
              totals(words(job));
              KafkaSource<String> source = KafkaSource.strings("more");
              job.source(fromLatest ? source.fromLatest() : source).to(KafkaSink.strings("others"));
            });
    second.start();
    second.run();
    more.send(0, "after");
    second.run();
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.outputs.values("others", TypeRef.of(String.class)))
        .isEqualTo(fromLatest ? List.of("after") : List.of("before", "after"));
  }

  // ------------------------------------------------------------------ what is gone

  @Test
  void aStageIsDroppedByNameAndBeginsAnewWhenItComesBack() throws Exception {
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(WITH_A_BRANCH));
    assertThatThrownBy(growing.version(FIRST)::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("stage 'lengths'")
        .hasMessageContaining("--drop lengths");
    assertThatThrownBy(growing.version(FIRST, "lengths", "totals")::start)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot drop 'totals'");
    assertThat(growing.ownTopics()).hasSize(4);

    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(FIRST, "lengths"));
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.ownTopics())
        .containsExactly("growing.totals.changelog", "growing.totals.shuffle");
    assertThat(growing.manifest().dropped()).isEmpty();
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(FIRST, "lengths"));

    growing.send("a", "bb");
    Driver again = growing.version(WITH_A_BRANCH);
    growing.runToTheEnd(again);
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.table("lengths")).isEqualTo(Map.of("1", 1L, "2", 1L));
  }

  @Test
  void aJobIsNotChangedToWhatWouldReadItsStateWrongly() throws Exception {
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(FIRST));
    List<String> before = growing.ownTopics();
    Manifest deployed = growing.manifest();
    assertThatThrownBy(
            growing.version(
                    job -> {
                      DataStream<Word> words = words(job);
                      lengths(words);
                      words
                          .keyBy(word -> word.word().length())
                          .sum(Word::count)
                          .name("totals")
                          .to(KafkaSink.upsert("totals"));
                    })
                ::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "step 'totals' of stage 'totals' was 'aggregate by java.lang.String'");
    assertThatThrownBy(
            growing.version(
                    job -> {
                      DataStream<Word> words = words(job);
                      lengths(words);
                      words
                          .keyBy(Word::word)
                          .parallelism(7)
                          .sum(Word::count)
                          .name("totals")
                          .to(KafkaSink.upsert("totals"));
                    })
                ::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("stage 'totals' had 4 tasks and now has 7");
    assertThat(growing.ownTopics()).isEqualTo(before);
    assertThat(growing.manifest()).isEqualTo(deployed);
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(FIRST));
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
  }

  // ------------------------------------------------------------------ copies that run

  @Test
  void aVersionWithOtherStagesWaitsForTheCopiesOfTheFormerAndChangesNothingMeanwhile()
      throws Exception {
    Driver first = growing.version(FIRST);
    first.start();
    growing.send("a", "bb");
    first.run();
    Manifest deployed = growing.manifest();
    assertThatThrownBy(growing.version(WITH_A_BRANCH)::start)
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("has other stages or stores than the copies that run");
    assertThat(growing.manifest()).isEqualTo(deployed);
    assertThat(growing.ownTopics()).hasSize(2);
    growing.send("a", "bb");
    first.run();
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    first.stop(0);
    growing.runToTheEnd(growing.version(WITH_A_BRANCH));
  }

  /** A stage without state: no schema says that the versions differ. */
  @Test
  void aCopyThatRunsStopsOnceTheJobHasOtherStages() {
    growing.cluster.createIfMissing("more", 1);
    Driver first = growing.version(FIRST);
    first.start();
    first.run();
    first.expel(0); // as two versions that start at the same moment, it is not seen by the other
    Driver second =
        growing.version(
            job -> {
              totals(words(job));
              job.source(KafkaSource.strings("more")).to(KafkaSink.strings("others"));
            });
    second.start();
    growing.clock.advance(Duration.ofSeconds(6));
    assertThatThrownBy(() -> first.instances().get(0).keepHouse())
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("which has other stages or stores");
    second.instances().get(0).keepHouse();
    Driver copy =
        growing.version(
            job -> {
              totals(words(job));
              job.source(KafkaSource.strings("more")).to(KafkaSink.strings("others"));
            });
    copy.start();
    growing.send("a", "bb");
    second.run();
    copy.run();
    second.run();
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
  }

  // ------------------------------------------------------------------ bounded runs

  @Test
  void aBoundedRunIsFinishedByTheVersionThatBeganIt() {
    Map<String, String> untilEnd = Map.of("until.end", "true");
    growing.send("a", "bb");
    Driver first = growing.version(FIRST, untilEnd);
    first.start(); // It does not get to do anything.
    first.killAll();
    assertThatThrownBy(growing.version(WITH_A_BRANCH, untilEnd)::start)
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("has not come to it (new stages [lengths]");
    growing.runToTheEnd(growing.version(FIRST, untilEnd));
    assertThat(growing.table("totals")).isEqualTo(growing.totals);

    Driver second = growing.version(WITH_A_BRANCH, untilEnd);
    second.start();
    second.run();
    assertThat(second.isFinished()).as("without new input").isTrue();
    second.stop(0);
    growing.send("a", "bb");
    Driver third = growing.version(WITH_A_BRANCH, untilEnd);
    third.start();
    third.run();
    assertThat(third.isFinished()).isTrue();
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
    assertThat(growing.table("lengths")).isEqualTo(Map.of("1", 1L, "2", 1L));
  }
}
