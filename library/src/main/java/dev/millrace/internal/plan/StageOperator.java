package dev.millrace.internal.plan;

import dev.millrace.connector.WriterSink;
import dev.millrace.function.FilterFunction;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.spec.KafkaSinkSpec;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The operator of one step of a stage, with all it needs to be instantiated.
 *
 * <p>It answers for itself: what the compiler, the start of a job and the runtime have to know of
 * an operator is asked here, so that its kind matters only where it is chosen and instantiated.
 */
public sealed interface StageOperator
    permits StatelessOperation,
        BroadcastOperator,
        StageOperator.Branch,
        StageOperator.Keyed,
        StageOperator.WriteKafka,
        StageOperator.WriteOut {

  /** {@return a short description for plans} */
  String describe();

  /** {@return what else people may want to know of it, a line each} */
  default List<String> details() {
    return List.of();
  }

  /** {@return a picture of how it works, in Mermaid} */
  default Optional<String> diagram() {
    return Optional.empty();
  }

  /** {@return how many inputs it has} */
  default int inputs() {
    return 1;
  }

  /** {@return the rows it keeps in the task's state} */
  default List<StoreSpec> stores() {
    return List.of();
  }

  /** {@return whether it has rows in the task's state} */
  default boolean keepsState() {
    return !stores().isEmpty();
  }

  /**
   * {@return whether the retraction of a record means something to it: steps that only transform
   * values retract what they had made of it; a step that does anything else with a record, such as
   * writing it or calling another system, cannot undo that}
   */
  default boolean takesRetractions() {
    return false;
  }

  /**
   * {@return what the form of its rows depends on: if any of that changed, they could not be read;
   * empty if it has none}
   */
  default String describeState() {
    return "";
  }

  /** {@return the same for the rows of one of its stores} */
  default String describeState(StoreSpec store) {
    return describeState();
  }

  /** {@return what the committed rows of one of its stores mean to those who ask for state} */
  default StateForm formOf(StoreSpec store) {
    return new StateForm.OwnUse("what the operator needs for itself");
  }

  /**
   * {@return the types of the keys inside its rows, besides the key they are kept by, each with
   * what messages call it}
   */
  default Map<String, Type> innerKeys() {
    return Map.of();
  }

  /** {@return whether commit frames have something to keep for it} */
  default boolean needsChangelog() {
    return keepsState();
  }

  /** {@return the multiples of event time and processing time at which something is due} */
  default Granularity granularity() {
    return Granularity.NONE;
  }

  /**
   * {@return by how much its results can be older than the event-time watermark of its input, in
   * milliseconds}
   */
  default long holdsBackMs() {
    return 0;
  }

  /**
   * {@return why it cannot take new records after the end of its input, as a predicate of the step;
   * empty if it can}
   */
  default Optional<String> boundToEnd() {
    return Optional.empty();
  }

  /** {@return whether it reads from a change what its row was before} */
  default boolean readsBefore() {
    return true;
  }

  /**
   * {@return how long one of its calls to other systems may take, with all retries; empty if it
   * makes none}
   */
  default Optional<Duration> longestCall() {
    return Optional.empty();
  }

  /** {@return the sink in Kafka that it writes to in the stage's transaction} */
  default Optional<KafkaSinkSpec> kafkaSink() {
    return Optional.empty();
  }

  /** {@return the table that it looks up, of those that every instance has whole} */
  default Optional<Broadcast> looksUp() {
    return Optional.empty();
  }

  /** {@return the table whose rows it writes to where every instance reads them} */
  default Optional<Broadcast> writes() {
    return Optional.empty();
  }

  /** {@return the shortest time between two commits that what it writes to asks for} */
  default Duration minCommitInterval() {
    return Duration.ZERO;
  }

  /** A step that sends each value to the targets of the first case that holds. */
  record Branch(List<FilterFunction<?>> cases, List<List<Target>> targetsPerCase)
      implements StageOperator {
    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "branch(" + cases.size() + ")";
    }
  }

  /**
   * An operator at the head of a stage after a keyed shuffle. It has rows, and time may move on in
   * it: there is no answer that holds for most of them.
   */
  sealed interface Keyed extends StageOperator
      permits StageAggregate,
          StageWindowAggregate,
          StageKeyedProcess,
          StageStreamJoin,
          StageCoGroup,
          StageTableJoin,
          StagePatternMatch,
          LookupOperator,
          ForeignKeyJoin {

    /** {@return the type of the keys} */
    Type keyType();

    /**
     * {@return whether the watermark of one of its inputs is part of its own; records of one that
     * is not may be of any time}
     */
    default boolean goesByTimeOf(int input) {
      return true;
    }

    @Override
    List<StoreSpec> stores();

    @Override
    String describeState();

    @Override
    Granularity granularity();

    @Override
    long holdsBackMs();

    @Override
    Optional<String> boundToEnd();
  }

  /** A step that writes to a Kafka topic in the stage's transaction. */
  record WriteKafka(KafkaSinkSpec sink) implements StageOperator {
    @Override
    public String describe() {
      return "topic " + sink.topic();
    }

    @Override
    public Optional<KafkaSinkSpec> kafkaSink() {
      return Optional.of(sink);
    }

    @Override
    public boolean readsBefore() {
      return !sink.upsert();
    }
  }

  /** A step that writes with a writer of the sink's own. */
  record WriteOut(WriterSink<?> sink) implements StageOperator {
    @Override
    public String describe() {
      return "sink " + sink.name();
    }

    @Override
    public boolean needsChangelog() {
      return sink.keepsState();
    }

    @Override
    public Duration minCommitInterval() {
      return sink.minCommitInterval();
    }
  }
}
