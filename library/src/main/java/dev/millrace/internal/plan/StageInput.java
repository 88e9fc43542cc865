package dev.millrace.internal.plan;

import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.SplitSource;

/** What a stage reads. */
public sealed interface StageInput {

  /** {@return the topic that the stage's group consumes} */
  String topic();

  /** A topic of the user's. */
  record Kafka(KafkaSource<?> source, dev.millrace.error.ErrorPolicy errors) implements StageInput {
    @Override
    public String topic() {
      return source.topic();
    }
  }

  /** A source of splits; the topic carries the splits' descriptions. */
  record Splits(SplitSource<?> source, String topic, dev.millrace.error.ErrorPolicy errors)
      implements StageInput {}

  /** A shuffle from another stage. */
  record Shuffled(ShuffleEdge edge) implements StageInput {
    @Override
    public String topic() {
      return edge.topic();
    }
  }
}
