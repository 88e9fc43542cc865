package dev.millrace.internal.failure;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.internal.connector.AnyJson;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.stage.LetterHeaders;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The failures of a task: it knows which record is being processed, and carries out the error
 * policy if that record fails.
 *
 * <p>A dead letter has the original bytes (a record of a split as text or JSON, if the source
 * handed out no bytes), the original headers, and after them ours ({@link LetterHeaders}). A result
 * of several records, such as that of a window, has no original bytes either: its dead letter is
 * the result as JSON, without coordinates. What is too large for a record is cut ({@link
 * DeadLetters}).
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TaskFailures implements Failures {

  private static final int MAX_MESSAGE_CHARS = 2_000;
  private static final long LONGEST_SLEEP_MS = 100;

  private final String job;
  private final String life;
  private final String stage;
  private final DeadLetters letters;
  private final StageMetrics metrics;
  private final Clock clock;
  private final BooleanSupplier stopping;

  private @Nullable ConsumerRecord<byte[], byte[]> record;
  private @Nullable Decoded decoded;
  private @Nullable KeyedEntry entry;
  private @Nullable Object splitValue;

  /**
   * Creates the failures of a task.
   *
   * @param life that of the job, see {@link LetterHeaders#life}
   * @param stopping whether the worker has been asked to stop
   */
  public TaskFailures(
      String job,
      String life,
      String stage,
      DeadLetters letters,
      StageMetrics metrics,
      Clock clock,
      BooleanSupplier stopping) {
    this.stopping = stopping;
    this.job = job;
    this.life = life;
    this.stage = stage;
    this.letters = letters;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Notes the Kafka record that is being processed. */
  public void at(ConsumerRecord<byte[], byte[]> newRecord) {
    at(newRecord, null);
  }

  /**
   * Notes the Kafka record that is being processed.
   *
   * @param newDecoded what it is decoded to
   */
  public void at(ConsumerRecord<byte[], byte[]> newRecord, @Nullable Decoded newDecoded) {
    record = newRecord;
    decoded = newDecoded;
    entry = null;
  }

  /** Notes the entry of the frame that is being processed. */
  public void at(KeyedEntry newEntry) {
    entry = newEntry;
  }

  @Override
  public void atNoRecord() {
    record = null;
    entry = null;
    splitValue = null;
  }

  /** Notes the record of a split that is being processed. */
  public void at(Object newSplitValue) {
    splitValue = newSplitValue;
  }

  /** Notes that no record of a split is being processed. */
  public void atNoValue() {
    splitValue = null;
  }

  /**
   * {@return a value made anew of the bytes of the record that is being processed, if it is what
   * these were decoded to; else the value itself}
   *
   * @throws Exception what the decoder throws
   */
  public Object anew(Object value) throws Exception {
    KeyedEntry inFrame = entry;
    if (inFrame != null) {
      return inFrame.anew(value);
    }
    Decoded ofSource = decoded;
    return ofSource == null ? value : ofSource.anew(value);
  }

  @Override
  public void backOff(long millis) {
    metrics.counter(Measure.RETRIES).add(1);
    long left = millis;
    while (left > 0 && !stopping.getAsBoolean()) {
      long slice = Math.min(left, LONGEST_SLEEP_MS);
      clock.sleepMs(slice);
      left -= slice;
    }
    if (stopping.getAsBoolean()) {
      throw new StoppedException(); // Not dropped: the record is processed after the next start.
    }
  }

  @Override
  public void countRetry() {
    metrics.counter(Measure.RETRIES).add(1);
  }

  @Override
  public Origin origin() {
    KeyedEntry inFrame = entry;
    return new Coordinates(record, inFrame == null ? null : inFrame.kept(), splitValue);
  }

  @Override
  public void resume(Origin origin) {
    Coordinates of = (Coordinates) origin;
    record = of.record();
    entry = of.entry();
    splitValue = of.splitValue();
  }

  /** The coordinates of a record that is not processed in one go. */
  private record Coordinates(
      @Nullable ConsumerRecord<byte[], byte[]> record,
      @Nullable KeyedEntry entry,
      @Nullable Object splitValue)
      implements Origin {}

  @Override
  public void giveUp(String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
    switch (policy.action()) {
      case SKIP -> metrics.counter(Measure.SKIPPED_RECORDS).add(records());
      case DEAD_LETTER -> {
        metrics.counter(Measure.DEAD_LETTERS).add(1);
        sendLetter(operator, value, cause);
      }
      case FAIL -> throw failed(operator, value, cause);
    }
  }

  @Override
  public void giveUpResult(String operator, ErrorPolicy policy, Object value, Exception cause) {
    if (policy.action() == ErrorPolicy.Action.FAIL) {
      giveUp(operator, policy, value, cause); // The message names the record that was the last.
      return;
    }
    Origin before = origin();
    atNoRecord();
    try {
      giveUp(operator, policy, value, cause);
    } finally {
      resume(before);
    }
  }

  /** The number of input records that are dropped with what is being processed. */
  private long records() {
    KeyedEntry inFrame = entry;
    return inFrame == null ? 1 : Math.max(1, inFrame.weight());
  }

  private RecordException failed(String operator, @Nullable Object value, Exception cause) {
    return new RecordException(
        "Cannot process a record in '"
            + operator
            + "' of job '"
            + job
            + "', stage '"
            + stage
            + "': "
            + reason(cause)
            + " ("
            + (record == null && value != null ? "result " + shortened(value) : coordinates())
            + "). Mend the record or the function, or choose the error policy skip or dead-letter",
        place().withJob(job).withStep(operator),
        // The message of a decoder is part of this one; the cause is what refused the value.
        cause instanceof MalformedBytesException ? cause.getCause() : cause);
  }

  private static String reason(Exception cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : shortened(message);
  }

  /** {@return the place of the record that is being processed; the stage, if there is none} */
  public Place place() {
    ConsumerRecord<byte[], byte[]> at = record;
    Place inStage = Place.ofStage(stage);
    return at == null
        ? inStage
        : inStage.withTopic(at.topic()).withPartition(at.partition()).withOffset(at.offset());
  }

  private String coordinates() {
    ConsumerRecord<byte[], byte[]> at = record;
    return at == null
        ? "no input record"
        : "topic "
            + at.topic()
            + ", partition "
            + at.partition()
            + ", offset "
            + at.offset()
            + (entry == null ? "" : ", an entry of that frame")
            + (splitValue == null ? "" : ", a record of that split");
  }

  private void sendLetter(String operator, @Nullable Object failing, Exception cause) {
    ConsumerRecord<byte[], byte[]> at = record;
    KeyedEntry inFrame = entry;
    Object ofSplit = splitValue;
    RecordHeaders headers = new RecordHeaders();
    add(headers, LetterHeaders.JOB, job);
    add(headers, LetterHeaders.LIFE, life);
    if (at != null) {
      add(headers, LetterHeaders.TOPIC, at.topic());
      add(headers, LetterHeaders.PARTITION, String.valueOf(at.partition()));
      add(headers, LetterHeaders.OFFSET, String.valueOf(at.offset()));
      if (at.timestamp() != ConsumerRecord.NO_TIMESTAMP) {
        add(headers, LetterHeaders.TIMESTAMP, String.valueOf(at.timestamp()));
      }
    }
    add(headers, LetterHeaders.STAGE, stage);
    add(headers, LetterHeaders.OPERATOR, operator);
    add(headers, LetterHeaders.EXCEPTION, cause.getClass().getName());
    add(headers, LetterHeaders.MESSAGE, shortened(String.valueOf(cause.getMessage())));
    if (records() > 1) {
      add(headers, LetterHeaders.RECORDS, String.valueOf(records()));
    }
    byte @Nullable [] key = inFrame != null ? inFrame.keyCopy() : at == null ? null : at.key();
    byte @Nullable [] value =
        inFrame != null
            ? inFrame.valueCopy()
            : ofSplit != null ? bytes(ofSplit) : at == null ? bytes(failing) : at.value();
    Headers original = at == null || inFrame != null ? new RecordHeaders() : at.headers();
    letters.send(key, value, original, headers);
  }

  private static String shortened(Object value) {
    String message = value.toString();
    return message.length() <= MAX_MESSAGE_CHARS
        ? message
        : message.substring(0, MAX_MESSAGE_CHARS) + "...";
  }

  /** Writes a value that has no original bytes so that people can read it. */
  private static byte @Nullable [] bytes(@Nullable Object value) {
    if (value == null || value instanceof byte[]) {
      return (byte[]) value;
    }
    if (value instanceof String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    try {
      return AnyJson.encode(value);
    } catch (RuntimeException e) {
      return value.toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  private static void add(RecordHeaders headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  /** A record that was decoded, and may be decoded anew. */
  public interface Decoded {

    /** {@return a value decoded anew, if it is this one; else the value itself} */
    default Object anew(Object value) throws Exception {
      return value;
    }
  }

  /** The raw bytes of an entry of a frame. */
  public interface KeyedEntry extends Decoded {

    byte[] array();

    int keyAt();

    int keySize();

    int valueAt();

    int valueSize();

    /** {@return how many records it stands for; 0 for a partial that does not carry the number} */
    long weight();

    /** {@return the same entry, unchanged when the frame's reader has moved on} */
    default KeyedEntry kept() {
      return new KeptEntry(array(), keyAt(), keySize(), valueAt(), valueSize(), weight());
    }

    default byte[] keyCopy() {
      return Arrays.copyOfRange(array(), keyAt(), keyAt() + keySize());
    }

    default byte[] valueCopy() {
      return Arrays.copyOfRange(array(), valueAt(), valueAt() + valueSize());
    }
  }

  /** An entry that does not need its reader any more; it refers to the frame's bytes. */
  @SuppressWarnings("ArrayRecordComponent") // a view of bytes, never compared
  private record KeptEntry(
      byte[] array, int keyAt, int keySize, int valueAt, int valueSize, long weight)
      implements KeyedEntry {

    @Override
    public KeyedEntry kept() {
      return this;
    }
  }
}
