package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.time.ChannelStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class PausedEndsTest {

  private final List<Collection<TopicPartition>> asked = new ArrayList<>();
  private final PausedEnds ends =
      new PausedEnds(
          partitions -> {
            asked.add(partitions);
            Map<TopicPartition, Long> found = new HashMap<>();
            partitions.forEach(partition -> found.put(partition, 100L));
            return found;
          });

  private static TaskView task(int number, SourceView.State state, OptionalLong known) {
    return new TaskView(
        number,
        List.of(40L),
        0,
        ChannelStatus.ACTIVE,
        false,
        1,
        List.of(known),
        Optional.of(new SourceView(state, 0, 0, known)));
  }

  private void look(TaskView... tasks) {
    ends.look(Map.of("words", List.of(tasks)), stage -> stage + "-topic");
  }

  @Test
  void theLagOfAPausedPartitionIsTakenFromItsEnd() {
    TaskView paused = task(1, SourceView.State.PAUSED, OptionalLong.of(7));
    look(task(0, SourceView.State.ACTIVE, OptionalLong.of(5)), paused);
    assertThat(asked).singleElement().isEqualTo(Set.of(new TopicPartition("words-topic", 1)));
    assertThat(ends.lag(paused, 0, "words-topic")).hasValue(60);
    assertThat(ends.lag(task(1, SourceView.State.PAUSED, OptionalLong.empty()), 0, "words-topic"))
        .hasValue(60);
    assertThat(ends.lag(task(1, SourceView.State.PAUSED, OptionalLong.of(90)), 0, "words-topic"))
        .as("of a fetch that came after the look")
        .hasValue(90);
  }

  @Test
  void ofOthersTheClientKnowsIt() {
    TaskView active = task(0, SourceView.State.ACTIVE, OptionalLong.of(5));
    look(active);
    assertThat(asked).as("nobody asks for nothing").isEmpty();
    assertThat(ends.lag(active, 0, "words-topic")).hasValue(5);
    look(task(0, SourceView.State.PAUSED, OptionalLong.of(5)));
    assertThat(ends.lag(active, 0, "words-topic")).as("it reads on").hasValue(5);
    look(active);
    assertThat(ends.lag(task(0, SourceView.State.PAUSED, OptionalLong.of(5)), 0, "words-topic"))
        .as("what was known of an earlier pause is forgotten")
        .hasValue(5);
  }
}
