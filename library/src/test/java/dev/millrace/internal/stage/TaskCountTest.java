package dev.millrace.internal.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TaskCountTest {

  @Test
  void partitionsAreAwaitedUntilAllOfThemHaveATask() {
    TaskCount tasks = new TaskCount(4);
    assertThat(tasks.isAwaiting()).isFalse();
    tasks.await(6);
    assertThat(tasks.agreeOn(6)).isTrue();
    assertThat(tasks.isAwaiting()).as("of 7, 6 have one").isTrue();
    assertThat(tasks.agreeOn(8)).isTrue();
    assertThat(tasks.isAwaiting()).isFalse();
    tasks.await(7);
    assertThat(tasks.isAwaiting()).as("assigned after the agreement").isFalse();
  }

  @Test
  void theInstanceThatHasTheFirstOfThemIsResponsible() {
    TaskCount tasks = new TaskCount(4);
    tasks.await(5);
    assertThat(tasks.awaitsFirst()).isFalse();
    tasks.await(4);
    assertThat(tasks.awaitsFirst()).isTrue();
    tasks.await(4);
    tasks.left(4);
    assertThat(tasks.awaitsFirst()).as("another worker of this instance has it").isTrue();
    tasks.left(4);
    assertThat(tasks.awaitsFirst()).as("another instance has it").isFalse();
    assertThat(tasks.isAwaiting()).as("time waits all the same").isTrue();
  }

  @Test
  void tasksNeverBecomeFewer() {
    TaskCount tasks = new TaskCount(4);
    assertThat(tasks.agreeOn(3)).isFalse();
    assertThat(tasks.agreeOn(4)).isFalse();
    assertThat(tasks.agreed()).isEqualTo(4);
  }
}
