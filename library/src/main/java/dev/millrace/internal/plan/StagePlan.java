package dev.millrace.internal.plan;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.internal.spec.KafkaSinkSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The part of a job between two shuffles: one consumer group, as many tasks as its inputs have
 * partitions.
 *
 * @param name the stage's name, stable over edits of other parts of the job
 * @param inputs what it reads, each with the steps that read it; all have the same partition count
 * @param steps the operators; a step comes after all its targets
 * @param outputs the shuffles it writes
 * @param keepsChangelog whether its commit frames go to a changelog (state, split positions, or a
 *     sink that prepares)
 * @param parallelism the number of tasks asked for, where the inputs leave it open
 */
public record StagePlan(
    String name,
    List<StageInput> inputs,
    List<Step> steps,
    List<ShuffleEdge> outputs,
    boolean keepsChangelog,
    OptionalInt parallelism) {

  /** Copies the lists. */
  public StagePlan {
    inputs = List.copyOf(inputs);
    steps = List.copyOf(steps);
    outputs = List.copyOf(outputs);
  }

  /** {@return the same with a changelog} */
  StagePlan withChangelog() {
    return new StagePlan(name, inputs, steps, outputs, true, parallelism);
  }

  /** {@return whether the stage reads from outside the job} */
  public boolean isSource() {
    return !(inputs.get(0) instanceof StageInput.Shuffled);
  }

  /**
   * {@return whether keys are bound to its tasks: it keeps rows by key, or reads the topic of a
   * table, which has them by partition}
   */
  public boolean isKeyed() {
    return inputs.stream()
            .anyMatch(input -> input instanceof StageInput.Kafka kafka && kafka.source().isTable())
        || steps.stream().anyMatch(step -> step.operator() instanceof StageOperator.Keyed);
  }

  /** {@return the numbers of those inputs whose records go to a place} */
  public int[] inputsBefore(Target place) {
    return IntStream.range(0, inputs.size())
        .filter(input -> inputs.get(input).heads().contains(place))
        .toArray();
  }

  /**
   * {@return whether the watermarks of an input are part of the stage's time: something that reads
   * it goes by them}
   */
  public boolean goesByTimeOf(StageInput input) {
    return input.heads().isEmpty() || input.heads().stream().anyMatch(this::goesByTimeOf);
  }

  private boolean goesByTimeOf(Target head) {
    return !(head instanceof Target.ToStep step)
        || !(steps.get(step.index()).operator() instanceof StageOperator.Keyed keyed)
        || keyed.goesByTimeOf(step.input());
  }

  /** {@return the ways from a step to a keyed one that need no shuffle} */
  public List<Target.ToKeyedStep> localKeys() {
    List<Target.ToKeyedStep> all = new ArrayList<>();
    steps.forEach(
        step ->
            step.forEachTarget(
                target -> {
                  if (target instanceof Target.ToKeyedStep keyed) {
                    all.add(keyed);
                  }
                }));
    return List.copyOf(all);
  }

  /** {@return whether one of its operators reads several inputs} */
  public boolean joinsInputs() {
    return steps.stream().anyMatch(step -> step.operator().inputs() > 1);
  }

  /**
   * {@return by how much its results can be older than its input's event-time watermark, in
   * milliseconds}
   */
  public long holdsBackMs() {
    return StepOrder.of(steps).holdsBackMs();
  }

  /** {@return the tables that it looks up, of those that every instance has whole} */
  public List<Broadcast> lookedUp() {
    return steps.stream().flatMap(step -> step.operator().looksUp().stream()).distinct().toList();
  }

  /** {@return the tables whose rows it writes to where every instance reads them} */
  public List<Broadcast> broadcasts() {
    return steps.stream().flatMap(step -> step.operator().writes().stream()).toList();
  }

  /** {@return the sinks in Kafka that it writes to in its transactions} */
  public List<KafkaSinkSpec> kafkaSinks() {
    return steps.stream().flatMap(step -> step.operator().kafkaSink().stream()).toList();
  }

  /** {@return the topics that it writes its results to, but for those chosen for each record} */
  public Set<String> outputTopics() {
    Set<String> topics = new TreeSet<>();
    outputs.forEach(output -> topics.add(output.topic()));
    broadcasts().forEach(table -> topics.add(table.topic()));
    kafkaSinks().stream()
        .filter(sink -> sink.topics() == null)
        .forEach(sink -> topics.add(sink.topic()));
    return topics;
  }

  /**
   * {@return Kafka's name for the compression of all that the stage's workers write; empty if they
   * write nothing but internal topics}
   *
   * @throws ConfigurationException if sinks ask for different ones
   */
  public Optional<String> compression() {
    List<KafkaSinkSpec> sinks = kafkaSinks();
    List<String> chosen =
        sinks.stream().flatMap(sink -> sink.compression().stream()).distinct().toList();
    if (chosen.size() > 1) {
      throw new ConfigurationException(
          "Cannot write the sinks of stage '"
              + name
              + "': they ask for different compressions ("
              + String.join(", ", chosen)
              + "), and a worker writes with one producer. Set the same one, or put .rebalance()"
              + " before one of the sinks",
          Place.ofStage(name),
          null);
    }
    return sinks.isEmpty()
        ? Optional.empty()
        : Optional.of(chosen.isEmpty() ? "none" : chosen.get(0));
  }

  /**
   * {@return whether the records that arrive at some targets may be retracted: whether all steps on
   * their way take retractions, up to a shuffle or a keyed operator}
   */
  public boolean takesRetractions(List<Target> targets) {
    boolean[] taking = new boolean[steps.size()];
    // Targets come before the steps that feed them.
    for (int i = 0; i < taking.length; i++) {
      StageOperator operator = steps.get(i).operator();
      List<Target> next = new ArrayList<>();
      if (!(operator instanceof StageOperator.Keyed)) {
        steps.get(i).forEachTarget(next::add);
      }
      taking[i] = operator.takesRetractions() && allTake(next, taking);
    }
    return allTake(targets, taking);
  }

  private static boolean allTake(List<Target> targets, boolean[] taking) {
    for (Target target : targets) {
      if (target instanceof Target.ToStep step && !taking[step.index()]) {
        return false;
      }
      if (target instanceof Target.ToKeyedStep keyed && !taking[keyed.step().index()]) {
        return false;
      }
    }
    return true;
  }

  /** {@return the names of the stores, in order} */
  public List<String> stores() {
    return steps.stream()
        .flatMap(step -> step.operator().stores().stream().map(step::storeName))
        .sorted()
        .toList();
  }
}
