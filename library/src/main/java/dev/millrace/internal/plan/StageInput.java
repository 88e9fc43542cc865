package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceSpec;
import java.util.List;

/** The input of a stage: a topic, and the steps that read it. */
public sealed interface StageInput {

  /** {@return the topic that the stage's group consumes} */
  String topic();

  /** {@return where its records go first} */
  List<Target> heads();

  /** A source. */
  sealed interface OfSource extends StageInput {

    /** {@return the source's settings} */
    SourceSpec source();

    /** {@return the policy for records that cannot be read} */
    ErrorPolicy errors();
  }

  /** A topic of the user's. */
  record Kafka(KafkaSourceSpec source, ErrorPolicy errors, List<Target> heads) implements OfSource {

    /** Copies the list. */
    public Kafka {
      heads = List.copyOf(heads);
    }

    @Override
    public String topic() {
      return source.topic();
    }
  }

  /** A source of splits; the topic carries the splits' descriptions. */
  record Splits(SplitSourceSpec source, String topic, ErrorPolicy errors, List<Target> heads)
      implements OfSource {

    /** Copies the list. */
    public Splits {
      heads = List.copyOf(heads);
    }
  }

  /** A shuffle from another stage. */
  record Shuffled(ShuffleEdge edge, List<Target> heads) implements StageInput {

    /** Copies the list. */
    public Shuffled {
      heads = List.copyOf(heads);
    }

    @Override
    public String topic() {
      return edge.topic();
    }
  }
}
