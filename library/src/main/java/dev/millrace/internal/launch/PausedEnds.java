package dev.millrace.internal.launch;

import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;

/**
 * The ends of partitions that are not read at present. Kafka's client learns of new records only
 * with those that it fetches, so that the lag that it knows of a paused partition would stand still
 * just when it grows.
 *
 * <p><b>Threads.</b> {@link #look} is confined to one thread, {@link #lag} is for any.
 */
final class PausedEnds {

  private final Function<Collection<TopicPartition>, Map<TopicPartition, Long>> lookUp;
  private volatile Map<TopicPartition, Long> ends = Map.of();

  /**
   * Creates it without any ends.
   *
   * @param lookUp asks Kafka for the ends of partitions
   */
  PausedEnds(Function<Collection<TopicPartition>, Map<TopicPartition, Long>> lookUp) {
    this.lookUp = lookUp;
  }

  /**
   * Asks for the ends of those partitions that are paused, if there are any.
   *
   * @param sources the partitions that are read here, by the source's stage
   * @param topics finds the topic of a source's stage
   */
  void look(Map<String, List<TaskView>> sources, UnaryOperator<String> topics) {
    Set<TopicPartition> paused = new HashSet<>();
    sources.forEach(
        (stage, tasks) ->
            tasks.stream()
                .filter(PausedEnds::isPaused)
                .forEach(task -> paused.add(new TopicPartition(topics.apply(stage), task.task()))));
    ends = paused.isEmpty() ? Map.of() : Map.copyOf(lookUp.apply(paused));
  }

  /** {@return the lag of one input of a task, as far as that is known} */
  OptionalLong lag(TaskView task, int input, String topic) {
    OptionalLong known = task.lags().get(input);
    Long end = ends.get(new TopicPartition(topic, task.task()));
    if (end == null || !isPaused(task)) {
      return known;
    }
    return OptionalLong.of(Math.max(known.orElse(0), end - task.positions().get(input)));
  }

  private static boolean isPaused(TaskView task) {
    return task.source().filter(source -> source.state() == SourceView.State.PAUSED).isPresent();
  }
}
