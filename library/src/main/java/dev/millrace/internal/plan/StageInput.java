package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceSpec;

/** The input of a stage. */
public sealed interface StageInput {

  /** {@return the topic that the stage's group consumes} */
  String topic();

  /** A source. */
  sealed interface OfSource extends StageInput {

    /** {@return the source's settings} */
    SourceSpec source();

    /** {@return the policy for records that cannot be read} */
    ErrorPolicy errors();
  }

  /** A topic of the user's. */
  record Kafka(KafkaSourceSpec source, ErrorPolicy errors) implements OfSource {
    @Override
    public String topic() {
      return source.topic();
    }
  }

  /** A source of splits; the topic carries the splits' descriptions. */
  record Splits(SplitSourceSpec source, String topic, ErrorPolicy errors) implements OfSource {}

  /** A shuffle from another stage. */
  record Shuffled(ShuffleEdge edge) implements StageInput {
    @Override
    public String topic() {
      return edge.topic();
    }
  }
}
