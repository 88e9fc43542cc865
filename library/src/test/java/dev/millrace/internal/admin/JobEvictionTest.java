package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class JobEvictionTest {

  private static final Set<String> STAGES = Set.of("lines", "word-count");

  private static boolean isOfA(String id) {
    return JobEviction.isWorker(id, "job-1234abcd-a-", STAGES);
  }

  @Test
  void workersOfAnInstanceAreItsOwn() {
    assertThat(isOfA("job-1234abcd-a-lines-0")).isTrue();
    assertThat(isOfA("job-1234abcd-a-word-count-12")).isTrue();
  }

  @Test
  void workersOfAnInstanceWhoseNameBeginsAlikeAreNot() {
    assertThat(isOfA("job-1234abcd-a-1-lines-0")).isFalse();
    assertThat(isOfA("job-1234abcd-a-word-count-word-count-0")).isFalse();
    assertThat(isOfA("job-1234abcd-ab-lines-0")).isFalse();
  }

  @Test
  void whatIsNoWorkerIsNotEvicted() {
    assertThat(isOfA("job-1234abcd-a-lines")).isFalse();
    assertThat(isOfA("job-1234abcd-a-lines-x")).isFalse();
    assertThat(isOfA("job-1234abcd-a-tables-0")).isFalse();
    assertThat(isOfA("job-1234abcd-a-")).isFalse();
  }
}
