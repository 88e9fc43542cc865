package dev.millrace.internal.task;

import dev.millrace.connector.SplitOutput;
import dev.millrace.connector.SplitReader;
import dev.millrace.connector.SplitSource;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.connector.RecordDecoder;
import dev.millrace.internal.failure.TaskFailures;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.input.FrameEntry;
import dev.millrace.internal.input.InputHead;
import dev.millrace.internal.input.ReadAhead;
import dev.millrace.internal.input.UnfinishedSenders;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.spec.KafkaSourceSpec.Tombstones;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One input of a task: turns what the consumer fetched into calls of the operators.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
abstract class TaskInput implements AutoCloseable {

  /** The extent to which a Kafka record was processed. */
  enum Outcome {
    /** To its end. */
    DONE,
    /** Not yet: call again with the same record. */
    AGAIN,
    /** Not yet, and nothing was done: call again a little later. */
    LATER
  }

  /**
   * Processes a Kafka record, or a part of it.
   *
   * @param wallMs the clock's reading, not older than the slice
   */
  abstract Outcome process(ConsumerRecord<byte[], byte[]> record, long wallMs);

  /** Prepares for the first record of a queue, and for others after it as far as that pays. */
  void prepare(Iterable<ConsumerRecord<byte[], byte[]>> queue) {}

  /** {@return whether it has taken up a part of what a sender's transaction emitted} */
  boolean isAmidTransaction() {
    return false;
  }

  /** {@return the position inside the record that is being processed; empty at its start} */
  byte[] position() {
    return NO_POSITION;
  }

  @Override
  public void close() {}

  static final byte[] NO_POSITION = {};

  /** The end of a source's path through decoding: event time, watermark, operators. */
  private static final class Entry {
    private static final long YEAR_0_SECONDS = -62_167_219_200L;
    private static final long YEAR_10000_SECONDS = 253_402_300_800L;

    private final TaskProgress progress;
    private final Output head;
    private final Counter recordsIn;
    private final Counter passed;
    private final Counter tooFarAhead;
    private final @Nullable TimestampFunction<Object> timestamps;
    private final Guard guard;
    long wallMs;

    @SuppressWarnings("unchecked") // the source's type matches what arrives
    Entry(SourceSpec source, Guard guard, StageInput input, TaskChain.Parts parts, Output head) {
      this.timestamps = (TimestampFunction<Object>) source.times().eventTime();
      this.guard = guard;
      this.progress = parts.progress();
      this.head = head;
      StageMetrics metrics = parts.metrics();
      this.recordsIn = metrics.counter(Measure.RECORDS_IN);
      this.passed = metrics.flows().ofInput(input.heads());
      this.tooFarAhead = metrics.counter(Measure.RECORDS_TOO_FAR_AHEAD);
    }

    /**
     * Emits what carries no event time where all others do: it has the timestamp of its Kafka
     * record, which must not move the watermark.
     */
    void emitUntimed(Object value, long timestampMs) {
      if (timestamps == null) {
        emit(value, timestampMs);
      } else {
        recordsIn.add(1);
        passed.add(1);
        head.emit(value, timestampMs, FrameFormat.RECORD);
      }
    }

    void emit(Object value, long timestampMs) {
      long timeMs = timestampMs;
      TimestampFunction<Object> function = timestamps;
      if (function != null) {
        try {
          timeMs = eventTimeMs(function, value);
        } catch (Exception e) {
          Long later = guard.recover(value, e, () -> eventTimeMs(function, value));
          if (later == null) {
            return;
          }
          timeMs = later;
        }
      }
      boolean believed;
      try {
        believed = progress.observe(value, timeMs, wallMs);
      } catch (Exception e) {
        long at = timeMs;
        Boolean later = guard.recover(value, e, () -> progress.observe(value, at, wallMs));
        if (later == null) {
          return;
        }
        believed = later;
      }
      recordsIn.add(1);
      passed.add(1);
      if (!believed) {
        tooFarAhead.add(1);
      }
      head.emit(value, timeMs, believed ? FrameFormat.RECORD : FrameFormat.TOO_FAR_AHEAD);
    }

    /**
     * Rejects event times out of range: a single one would move the watermark past all that
     * follows.
     */
    private static long eventTimeMs(TimestampFunction<Object> function, Object value)
        throws Exception {
      Instant time = function.timestamp(value);
      if (time == null) {
        throw new IllegalArgumentException("eventTime(..) returned null");
      }
      long seconds = time.getEpochSecond();
      if (seconds < YEAR_0_SECONDS || seconds >= YEAR_10000_SECONDS) {
        throw new IllegalArgumentException(
            "eventTime(..) returned "
                + time
                + ", which is out of the years 0 to 9999; is the number that it was made from in"
                + " another unit?");
      }
      return time.toEpochMilli();
    }
  }

  /** Records of a user's topic. */
  static final class OfKafka extends TaskInput implements TaskFailures.Decoded {
    private final RecordDecoder decoder;
    private final TaskFailures failures;
    private final Guard guard;
    private final Entry entry;
    private final Counter tombstones;
    private final boolean skipsTombstones;
    private @Nullable ConsumerRecord<byte[], byte[]> present;
    private @Nullable Object decoded;

    OfKafka(StageInput.Kafka input, TaskChain.Parts parts, Output head) {
      this.decoder = RecordDecoder.of(input.source());
      this.failures = parts.failures();
      this.guard = new Guard("source " + input.topic(), input.errors(), parts.failures());
      this.entry = new Entry(input.source(), guard, input, parts, head);
      this.tombstones = parts.metrics().counter(Measure.TOMBSTONES);
      this.skipsTombstones = input.source().tombstones() == Tombstones.SKIP;
    }

    @Override
    Outcome process(ConsumerRecord<byte[], byte[]> record, long wallMs) {
      if (record.value() == null && skipsTombstones) {
        tombstones.add(1);
        return Outcome.DONE;
      }
      entry.wallMs = wallMs;
      failures.at(record, this);
      @Nullable Object value;
      try {
        value = decoder.decode(record);
      } catch (Exception e) {
        value = guard.recoverUndecoded(e, () -> decoder.decode(record));
      }
      present = record;
      decoded = value;
      if (value instanceof TopicRow row && row.value() == null) {
        entry.emitUntimed(row, record.timestamp());
      } else if (value != null) {
        entry.emit(value, record.timestamp());
      }
      return Outcome.DONE;
    }

    @Override
    public Object anew(Object value) throws Exception {
      ConsumerRecord<byte[], byte[]> record = present;
      return record != null && value == decoded ? decoder.decode(record) : value;
    }

    @Override
    public void close() {
      decoder.close();
    }
  }

  /** Frames of a shuffle. */
  static final class OfFrames extends TaskInput {
    private final FrameEntry entry;
    private final TaskFailures failures;
    private final InputHead head;
    private final ReadAhead readAhead;
    private final UnfinishedSenders unfinished = new UnfinishedSenders();
    private final TaskProgress progress;
    private final Counter recordsIn;
    private final Counter passed;
    private final Clock clock;
    private final int input;
    private final StagePlan stage;
    private final boolean takesRetractions;

    OfFrames(int input, TaskChain.Parts parts, InputHead head) {
      this.entry = new FrameEntry(parts.setup().inputs().get(input));
      this.failures = parts.failures();
      this.head = head;
      this.readAhead = new ReadAhead(entry, head);
      this.progress = parts.progress();
      this.recordsIn = parts.metrics().counter(Measure.RECORDS_IN);
      this.passed =
          parts.metrics().flows().ofInput(parts.setup().stage().inputs().get(input).heads());
      this.clock = parts.clock();
      this.input = input;
      this.stage = parts.setup().stage();
      this.takesRetractions = stage.takesRetractions(stage.inputs().get(input).heads());
    }

    @Override
    void prepare(Iterable<ConsumerRecord<byte[], byte[]>> queue) {
      readAhead.of(queue);
    }

    @Override
    Outcome process(ConsumerRecord<byte[], byte[]> record, long wallMs) {
      failures.at(record);
      try {
        FrameReader reader = entry.open(record);
        boolean keyed = head.isKeyed();
        readAhead.next();
        failures.at(entry);
        Output values = head.values();
        while (entry.next()) {
          recordsIn.add(1);
          if (entry.isRetraction() && !takesRetractions) {
            throw new MalformedBytesException(
                "an entry takes back a record, which stage '" + stage.name() + "' cannot do");
          }
          if (keyed) {
            head.onRecord(entry);
          } else {
            values.emit(entry.value(), entry.timeMs(), entry.kind());
          }
        }
        head.frameDone(reader.entryCount());
        passed.add(reader.entryCount());
        progress.widen(input, reader.channelCount());
        if (reader.updateCount() > 0) {
          applyUpdates(reader);
        }
        unfinished.taken(reader);
      } catch (IncompatibleJobException e) {
        throw new IncompatibleJobException(
            e.getMessage() + " (" + coordinates(record) + ")", failures.place(), e);
      } catch (MalformedBytesException e) {
        throw new RecordException(
            "Cannot read a frame: "
                + e.getMessage()
                + " ("
                + coordinates(record)
                + "). Something else wrote to an internal topic: find it, then reset the job",
            failures.place(),
            e);
      }
      return Outcome.DONE;
    }

    @Override
    boolean isAmidTransaction() {
      return !unfinished.isEmpty();
    }

    private void applyUpdates(FrameReader reader) {
      int firstChannel = progress.firstChannel(input);
      long nowNanos = clock.nanos();
      while (reader.nextUpdate()) {
        progress.update(firstChannel + reader.updateChannel(), reader, nowNanos);
      }
    }

    private static String coordinates(ConsumerRecord<byte[], byte[]> record) {
      return "topic "
          + record.topic()
          + ", partition "
          + record.partition()
          + ", offset "
          + record.offset();
    }
  }

  /** Splits of a source of the user's, described by the records of the splits topic. */
  static final class OfSplits extends TaskInput {
    private static final int RECORDS_PER_CALL = 128;

    private final SplitSource<?> source;
    private final TaskFailures failures;
    private final Entry entry;
    private byte[] resumeAt;
    private final Guard guard;
    private final SplitOutput<Object> out =
        new SplitOutput<>() {
          @Override
          public void emit(Object value, long timestampMs) {
            begin(value);
            try {
              entry.emit(value, timestampMs);
            } catch (RuntimeException | Error e) {
              failure = e;
              throw e;
            }
          }

          @Override
          public void reject(byte[] original, Exception cause) {
            begin(original);
            try {
              guard.giveUp(cause);
            } catch (RuntimeException | Error e) {
              failure = e;
              throw e;
            }
          }

          private void begin(Object record) {
            throwIfFailed();
            taken = true;
            failures.at(record);
          }
        };
    private @Nullable SplitReader<Object> reader;
    private boolean taken;

    /**
     * The failure of a step after the source, or of the policy. It comes out through the reader,
     * which may take it for one of its own, and must not go on with a record half done.
     */
    private @Nullable Throwable failure;

    OfSplits(StageInput.Splits input, byte[] resumeAt, TaskChain.Parts parts, Output head) {
      this.source = input.source().splits();
      this.failures = parts.failures();
      this.resumeAt = resumeAt;
      this.guard = new Guard("source " + source.name(), input.errors(), parts.failures());
      this.entry = new Entry(input.source(), guard, input, parts, head);
    }

    @Override
    @SuppressWarnings("unchecked") // the source's type matches what arrives
    Outcome process(ConsumerRecord<byte[], byte[]> record, long wallMs) {
      failures.at(record);
      entry.wallMs = wallMs;
      taken = false;
      try {
        SplitReader<Object> open = reader;
        if (open == null) {
          open = (SplitReader<Object>) source.open(record.value(), resumeAt);
          reader = open;
        }
        SplitReader.Progress read = open.read(out, RECORDS_PER_CALL);
        throwIfFailed();
        return switch (read) {
          case MORE -> Outcome.AGAIN;
          case LATER -> taken ? Outcome.AGAIN : Outcome.LATER;
          case END -> {
            close();
            resumeAt = NO_POSITION;
            yield Outcome.DONE;
          }
        };
      } catch (MillraceException e) {
        throwIfFailed();
        throw e;
      } catch (Exception e) {
        throwIfFailed();
        throw new RecordException(
            "Cannot read a split of source '"
                + source.name()
                + "': "
                + e
                + " (split "
                + new String(record.value(), StandardCharsets.UTF_8)
                + "). Make its data reachable from this host and start again",
            failures.place().withStep(source.name()),
            e);
      } finally {
        failures.atNoValue();
      }
    }

    private void throwIfFailed() {
      if (failure instanceof Error error) {
        throw error;
      } else if (failure instanceof RuntimeException exception) {
        throw exception;
      }
    }

    @Override
    byte[] position() {
      SplitReader<?> open = reader;
      return open == null ? resumeAt : Arrays.copyOf(open.position(), open.position().length);
    }

    @Override
    public void close() {
      SplitReader<?> open = reader;
      reader = null;
      if (open != null) {
        try {
          open.close();
        } catch (Exception e) {
          throw new MillraceException(
              "Cannot close a split of source '" + source.name() + "'",
              Place.ofStep(source.name()),
              e);
        }
      }
    }
  }
}
