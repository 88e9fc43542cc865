package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestSink;
import org.junit.jupiter.api.Test;

/** Branches of a stream, by name. */
final class BranchesTest {

  private final Job job = Job.named("branches");
  private final DataStream<String> lines = job.source(KafkaSource.strings("lines"));

  @Test
  void aValueGoesToTheFirstBranchThatTakesIt() {
    Branches<String> branches =
        lines
            .branch("short", line -> line.length() < 3)
            .branch("even", line -> line.length() % 2 == 0)
            .otherwise("rest");
    TestSink<String> brief = TestSink.collect();
    TestSink<String> even = TestSink.collect();
    TestSink<String> rest = TestSink.collect();
    branches.stream("short").to(brief);
    branches.stream("even").to(even);
    branches.stream("rest").to(rest);
    try (JobTest test = JobTest.of(job)) {
      test.topic("lines", String.class).send(0, "ab", "abc", "abcd", "a");
      test.run();
      assertThat(brief.values()).containsExactly("ab", "a");
      assertThat(even.values()).containsExactly("abcd");
      assertThat(rest.values()).containsExactly("abc");
    }
  }

  @Test
  void withoutOtherwiseTheRestIsDropped() {
    TestSink<String> brief = TestSink.collect();
    lines.branch("short", line -> line.length() < 3).stream("short").to(brief);
    try (JobTest test = JobTest.of(job)) {
      test.topic("lines", String.class).send(0, "ab", "abc");
      assertThat(test.run().metrics()).isNotNull();
      assertThat(brief.values()).containsExactly("ab");
    }
  }

  @Test
  void namesAreGivenOnceAndMustExist() {
    Branches<String> branches = lines.branch("short", line -> line.length() < 3).otherwise("rest");
    assertThatThrownBy(() -> branches.stream("shrot"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot read branch 'shrot'")
        .hasMessageContaining("[short, rest]");
    assertThatThrownBy(() -> branches.branch("late", line -> true))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Call otherwise last");
    Branches<String> others = lines.branch("short", line -> true);
    assertThatThrownBy(() -> others.branch("short", line -> true))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Give each branch a name of its own");
  }
}
