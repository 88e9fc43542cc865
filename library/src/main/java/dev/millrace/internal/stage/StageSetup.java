package dev.millrace.internal.stage;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.TypeSerde;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.connector.Retention;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.state.StoredValueFormat;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stage with everything about it that is known only in a cluster: topic ids, partition counts,
 * codecs, ends.
 *
 * <p><b>Threads.</b> Immutable; shared by the stage's workers, unless one of them has {@linkplain
 * #with given} it its serdes.
 *
 * @param plan the job
 * @param jobUuid distinguishes jobs of the same name
 * @param resetEpoch how often the job was reset
 * @param runNumber counts the runs that began after the one before had finished
 * @param stage the stage
 * @param tasks how many tasks it has when the instance starts; a source's may become more, see
 *     {@link TaskCount}
 * @param inputs what it reads, in the plan's order
 * @param outputs the shuffles it writes, in the plan's order
 * @param stores its stores, by their names
 * @param tables the tables that every instance has whole, as far as it has to do with them
 * @param changelogId the id of its changelog, if it has one
 * @param retentions those of the topics of sinks that delete results by their timestamps, as far as
 *     they are known
 * @param untilEnd whether it stops at the ends in {@code inputs}
 */
public record StageSetup(
    PhysicalPlan plan,
    UUID jobUuid,
    int resetEpoch,
    int runNumber,
    StagePlan stage,
    int tasks,
    List<Input> inputs,
    List<Output> outputs,
    Map<String, Store> stores,
    StageTables tables,
    Optional<UUID> changelogId,
    Map<String, Retention> retentions,
    boolean untilEnd) {

  /** Copies the collections. */
  public StageSetup {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    stores = Map.copyOf(stores);
    retentions = Map.copyOf(retentions);
    checkChannels(stage, inputs.stream().mapToInt(Input::channels).sum());
  }

  /**
   * Checks that a stage can remember how far its inputs have come.
   *
   * @param channels the number of upstream partitions
   */
  public static void checkChannels(StagePlan stage, int channels) {
    if (!stage.keepsChangelog() && channels > SmallFrame.MAX_CHANNELS) {
      throw new ConfigurationException(
          "Cannot run stage '"
              + stage.name()
              + "': without state it can remember the watermarks of "
              + SmallFrame.MAX_CHANNELS
              + " upstream partitions at most ("
              + channels
              + "). Give the stage ahead of it fewer partitions with .parallelism(...)",
          Place.ofStage(stage.name()),
          null);
    }
  }

  /**
   * An input.
   *
   * @param input what it is
   * @param topicId the id of its topic
   * @param channels the number of upstream partitions, for a shuffle
   * @param values the codec of records in frames, for a shuffle
   * @param partials the codec of partial aggregates in frames, for a combined shuffle
   * @param ends per partition the offset to stop at, for a bounded run
   * @param standing for the topic of a table, per partition the end of what stood there at the
   *     first start
   */
  public record Input(
      StageInput input,
      UUID topicId,
      int channels,
      @Nullable ValueCodec<Object> values,
      @Nullable ValueCodec<Object> partials,
      Map<Integer, Long> ends,
      Map<Integer, Long> standing) {

    /** Copies the maps. */
    public Input {
      ends = Map.copyOf(ends);
      standing = Map.copyOf(standing);
    }

    /** Creates an input in whose topic no rows stand. */
    public Input(
        StageInput input,
        UUID topicId,
        int channels,
        @Nullable ValueCodec<Object> values,
        @Nullable ValueCodec<Object> partials,
        Map<Integer, Long> ends) {
      this(input, topicId, channels, values, partials, ends, Map.of());
    }

    private Input with(Function<Type, TypeSerde> serdes) {
      return new Input(
          input, topicId, channels, given(values, serdes), given(partials, serdes), ends, standing);
    }

    /** {@return the name of its topic} */
    public String topic() {
      return input.topic();
    }
  }

  /**
   * A shuffle that the stage writes.
   *
   * @param edge what it is
   * @param partitions how many partitions it has
   * @param keys the codec of keys; null for an even spread
   * @param values the codec of records
   * @param partials the codec of partial aggregates, where they are made
   */
  public record Output(
      ShuffleEdge edge,
      int partitions,
      @Nullable KeyCodec<Object> keys,
      ValueCodec<Object> values,
      @Nullable ValueCodec<Object> partials) {

    private Output with(Function<Type, TypeSerde> serdes) {
      return new Output(edge, partitions, keys, values.with(serdes), given(partials, serdes));
    }
  }

  /** Rows without times. */
  private record PlainRows(StoredValues<Object> stored) implements StoredValueFormat<Object> {

    @Override
    public byte[] toBytes(Object value) {
      return stored.toBytes(value);
    }

    @Override
    public Object fromBytes(byte[] bytes) {
      return stored.fromBytes(bytes);
    }
  }

  /** Rows with the times of their records. */
  private record TimedRows(StoredValues<Object> stored) implements StoredValueFormat<Object> {

    /** What most times take, which is no part of the object. */
    private static final int TIME_BYTES = 6;

    @Override
    public byte[] toBytes(Object value) {
      return stored.toBytes(value);
    }

    @Override
    public byte[] toBytes(Object value, long timeMs) {
      return stored.toBytes(value, timeMs);
    }

    @Override
    public Object fromBytes(byte[] bytes) {
      return stored.fromBytes(bytes);
    }

    @Override
    public long timeMs(byte[] bytes) {
      return StoredValues.timeMs(bytes);
    }

    @Override
    public boolean isSame(byte[] bytes, byte[] others) {
      return StoredValues.haveSameValue(bytes, others);
    }

    @Override
    public int heapBytes(int storedBytes) {
      return StoredValueFormat.super.heapBytes(Math.max(0, storedBytes - TIME_BYTES));
    }
  }

  /**
   * A store.
   *
   * @param id the number under which its rows are kept
   * @param keys the codec of its keys
   * @param values the codec of its rows
   * @param times whether its rows are written with their times
   */
  public record Store(int id, KeyCodec<Object> keys, ValueCodec<Object> values, RowTimes times) {

    private Store with(Function<Type, TypeSerde> serdes) {
      return new Store(id, keys, values.with(serdes), times);
    }

    /** {@return the form of its rows, anew for each task, since it reuses a buffer} */
    public StoredValueFormat<Object> format() {
      StoredValues<Object> stored = new StoredValues<>(values);
      return times == RowTimes.KEPT ? new TimedRows(stored) : new PlainRows(stored);
    }
  }

  /**
   * {@return the stage as one worker has it}
   *
   * @param serdes the worker's serdes of the types that have some
   */
  public StageSetup with(Function<Type, TypeSerde> serdes) {
    if (plan.serdes().isEmpty()) {
      return this;
    }
    Map<String, Store> own = new HashMap<>();
    stores.forEach((name, store) -> own.put(name, store.with(serdes)));
    return new StageSetup(
        plan,
        jobUuid,
        resetEpoch,
        runNumber,
        stage,
        tasks,
        inputs.stream().map(input -> input.with(serdes)).toList(),
        outputs.stream().map(output -> output.with(serdes)).toList(),
        own,
        tables.with(serdes),
        changelogId,
        retentions,
        untilEnd);
  }

  private static @Nullable ValueCodec<Object> given(
      @Nullable ValueCodec<Object> codec, Function<Type, TypeSerde> serdes) {
    return codec == null ? null : codec.with(serdes);
  }

  /** {@return the stage's consumer group} */
  public String group() {
    return plan.group(stage);
  }

  /** {@return the stage's changelog} */
  public String changelog() {
    return plan.changelog(stage);
  }

  /** {@return whether the stage reads splits, whose number is fixed} */
  public boolean readsSplits() {
    return inputs.get(0).input() instanceof StageInput.Splits;
  }

  /** {@return the number of channels of all inputs together} */
  public int channels() {
    return inputs.stream().mapToInt(Input::channels).sum();
  }
}
