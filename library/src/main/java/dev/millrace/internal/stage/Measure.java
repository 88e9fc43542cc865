package dev.millrace.internal.stage;

import static dev.millrace.internal.stage.Measure.Stored.BYTES;
import static dev.millrace.internal.stage.Measure.Stored.MILLIS;
import static dev.millrace.internal.stage.Measure.Stored.NANOS;
import static dev.millrace.internal.stage.Measure.Stored.NUMBER;
import static dev.millrace.internal.stage.Measure.Subject.INPUT;
import static dev.millrace.internal.stage.Measure.Subject.INSTANCE;
import static dev.millrace.internal.stage.Measure.Subject.OPERATOR;
import static dev.millrace.internal.stage.Measure.Subject.STAGE;
import static dev.millrace.internal.stage.Measure.Subject.STORE;
import static dev.millrace.internal.stage.Measure.Subject.TABLE;
import static dev.millrace.internal.stage.Measure.Subject.TASK;
import static dev.millrace.internal.stage.Measure.Subject.WORKER;
import static dev.millrace.metrics.Metric.Kind.COUNTER;
import static dev.millrace.metrics.Metric.Kind.GAUGE;

import dev.millrace.metrics.Metric;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The registry of all that is measured: a line here is all that a new counter needs, besides the
 * place that counts. It is then in the metrics of a running job, in the reports of instances, in
 * {@code status -o json} and in whatever exports metrics.
 *
 * <p>Names, here and of the constants, are the same for ever: alerts and reports of other versions
 * go by them. {@code docs/METRICS.md} has a row for each.
 */
public enum Measure {
  // Records.
  RECORDS_IN(COUNTER, STAGE, NUMBER, "records_in_total", "Records and shuffle entries processed."),
  RECORDS_OUT(COUNTER, STAGE, NUMBER, "records_out_total", "Records and shuffle entries written."),
  FRAMES_OUT(COUNTER, STAGE, NUMBER, "frames_out_total", "Shuffle frames written."),
  WATERMARK_FRAMES_OUT(
      COUNTER,
      STAGE,
      NUMBER,
      "watermark_frames_out_total",
      "Shuffle frames written that carry no records, only watermarks."),
  SENT_BYTES(
      COUNTER,
      STAGE,
      BYTES,
      "sent_bytes_total",
      "Bytes of records in committed transactions, before compression."),
  COMBINER_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "combiner_records_total",
      "Records that were added up before a shuffle."),
  COMBINER_ENTRIES(
      COUNTER,
      STAGE,
      NUMBER,
      "combiner_entries_total",
      "Shuffle entries that came of the records that were added up before a shuffle."),
  TOMBSTONES(
      COUNTER,
      STAGE,
      NUMBER,
      "tombstones_total",
      "Records of a source that have no value and were passed over."),
  OPERATOR_RECORDS_IN(
      COUNTER,
      OPERATOR,
      NUMBER,
      "operator_records_in_total",
      "Records and shuffle entries that an operator took."),
  OPERATOR_RECORDS_OUT(
      COUNTER,
      OPERATOR,
      NUMBER,
      "operator_records_out_total",
      "Records that an operator handed on, to other operators or to a shuffle."),

  // Records that are in no result, or not in all.
  LATE_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "late_records_total",
      "Records that no window took because they were late, for whatever reason."),
  LATE_TOO_FAR_AHEAD(
      COUNTER,
      STAGE,
      NUMBER,
      "late_records_too_far_ahead_total",
      "Those of the late records whose time was too far ahead of the clock."),
  PARTLY_LATE_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "partly_late_records_total",
      "Records that are in some of their windows and missing from others, which had closed."),
  RECORDS_TOO_FAR_AHEAD(
      COUNTER,
      STAGE,
      NUMBER,
      "records_too_far_ahead_total",
      "Records of a source whose time was too far ahead of the clock; they move no watermark."),
  GAP_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "gap_records_total",
      "Records that belong to no window because their time lies between two."),
  UNMATCHED_RETRACTIONS(
      COUNTER,
      STAGE,
      NUMBER,
      "unmatched_retractions_total",
      "Rows taken out of a group that does not have them, which was ignored."),

  // Patterns.
  MATCHES(COUNTER, STAGE, NUMBER, "matches_total", "Matches of patterns that were found."),
  TIMED_OUT_MATCHES(
      COUNTER,
      STAGE,
      NUMBER,
      "timed_out_matches_total",
      "Partial matches of patterns that were unfinished when their time was over."),
  DROPPED_MATCHES(
      COUNTER,
      STAGE,
      NUMBER,
      "dropped_matches_total",
      "Partial matches dropped since their key had more of them than maxRuns allows."),
  DROPPED_MATCHES_FOR_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "dropped_matches_for_records_total",
      "Partial matches dropped since their key held more records than maxBuffered allows."),
  DROPPED_PATTERN_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "dropped_pattern_records_total",
      "Records dropped while they waited, since their key held more than maxBuffered allows."),

  // Errors.
  SKIPPED_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "skipped_records_total",
      "Records dropped by the error policy skip; a partial aggregate counts as all its records."),
  DEAD_LETTERS(
      COUNTER,
      STAGE,
      NUMBER,
      "dead_letters_total",
      "Letters written to the dead-letter topic by the error policy dead-letter."),
  RETRIES(
      COUNTER,
      STAGE,
      NUMBER,
      "retries_total",
      "Attempts beyond the first, at records and calls that failed."),
  CIRCUIT_OPENINGS(
      COUNTER,
      STAGE,
      NUMBER,
      "circuit_openings_total",
      "Times that a sink's circuit breaker opened, failed probes included."),

  // Transactions.
  COMMITS(COUNTER, STAGE, NUMBER, "commits_total", "Transactions committed."),
  ABORTS(COUNTER, STAGE, NUMBER, "aborts_total", "Transactions aborted and repeated."),
  FAILED_COMMITS(
      COUNTER,
      STAGE,
      NUMBER,
      "failed_commits_total",
      "Commits that Kafka refused or of which the outcome is not known."),
  DIVIDING_COMMITS(
      COUNTER,
      STAGE,
      NUMBER,
      "dividing_commits_total",
      "Commits that divided what one transaction of an earlier stage sent to one partition."),
  LAST_COMMIT(
      GAUGE,
      WORKER,
      MILLIS,
      "last_commit_timestamp_seconds",
      "When a worker committed last, in seconds since the epoch."),
  COMMIT_DURATION(
      Buckets.OF_SHORT_TIMES,
      STAGE,
      NANOS,
      "commit_duration_seconds",
      "The time from the last input of a transaction to the end of its commit."),
  TRANSACTION_RECORDS(
      Buckets.OF_NUMBERS,
      STAGE,
      NUMBER,
      "transaction_records",
      "Records and shuffle entries processed in a committed transaction."),
  TRANSACTION_BYTES(
      Buckets.OF_SIZES,
      STAGE,
      BYTES,
      "transaction_bytes",
      "Bytes of records in a committed transaction, before compression."),
  RECORD_LATENCY(
      Buckets.OF_LONG_TIMES,
      STAGE,
      NANOS,
      "record_latency_seconds",
      "The time from a record's timestamp in the topic that the stage reads to the commit."),

  // Workers' time: the three add up to what has gone by.
  BUSY_TIME(
      COUNTER,
      WORKER,
      NANOS,
      "worker_busy_seconds_total",
      "Time in which a worker was at work on records, on windows and on opening tasks."),
  IDLE_TIME(
      COUNTER,
      WORKER,
      NANOS,
      "worker_idle_seconds_total",
      "Time in which a worker waited for records, for answers of calls, or to try again."),
  COMMIT_TIME(
      COUNTER,
      WORKER,
      NANOS,
      "worker_commit_seconds_total",
      "Time in commits, in which a worker processes no input."),

  // Tasks and time.
  RUNNING_TASKS(GAUGE, STAGE, NUMBER, "running_tasks", "Tasks that run."),
  OPENING_TASKS(
      GAUGE, STAGE, NUMBER, "opening_tasks", "Tasks that are being opened, state and all."),
  INPUT_LAG(
      GAUGE,
      INPUT,
      NUMBER,
      "input_lag_records",
      "Kafka records of a partition that are not processed yet; in a shuffle each is a frame."),
  WATERMARK(
      GAUGE,
      TASK,
      MILLIS,
      "watermark_timestamp_seconds",
      "The event-time watermark of a task, in seconds since the epoch."),
  WATERMARK_LAG(
      GAUGE,
      TASK,
      MILLIS,
      "watermark_lag_seconds",
      "How far the event-time watermark of a task is behind the clock."),
  WATERMARK_AGE(
      GAUGE,
      TASK,
      NANOS,
      "watermark_age_seconds",
      "How long the event-time watermark of a source's partition has stood still."),

  // State.
  STATE_ROWS(
      GAUGE, STAGE, NUMBER, "state_rows", "Rows in the state stores of tasks, as an estimate."),
  STATE_DISK_BYTES(GAUGE, STAGE, BYTES, "state_disk_bytes", "Bytes of the files of state stores."),
  STATE_MEMTABLE_BYTES(
      GAUGE,
      STAGE,
      BYTES,
      "state_memtable_bytes",
      "Native memory of rows in state stores that are in no file yet."),
  STATE_PENDING_COMPACTION_BYTES(
      GAUGE,
      STAGE,
      BYTES,
      "state_pending_compaction_bytes",
      "Bytes of files of state stores that are still to be merged, as an estimate."),
  STATE_CACHED_BYTES(
      GAUGE,
      STAGE,
      BYTES,
      "state_cached_bytes",
      "Heap of the rows that tasks have in memory, as an estimate."),
  STORE_ROWS(
      GAUGE,
      STORE,
      NUMBER,
      "store_rows",
      "Rows of one state store, as of the last commit of each task."),
  STORE_BYTES(
      GAUGE,
      STORE,
      BYTES,
      "store_bytes",
      "Bytes of one state store, in files and in memory that is to become files, as an estimate."),
  OPEN_WINDOWS(
      GAUGE,
      OPERATOR,
      NUMBER,
      "open_windows",
      "Rows of windows that are not over: one for each key and window; of windows that overlap, for"
          + " each key and a few slices; of sessions, for each key."),
  TIMERS(GAUGE, OPERATOR, NUMBER, "timers", "Timers that are set."),
  PATTERN_WAITING_BLOCKS(
      GAUGE,
      OPERATOR,
      NUMBER,
      "pattern_waiting_blocks",
      "Blocks of up to 128 records that wait for the watermark before a pattern is looked for in"
          + " them, as of the last commit of each task."),
  PARTIAL_MATCH_KEYS(
      GAUGE,
      OPERATOR,
      NUMBER,
      "partial_match_keys",
      "Keys that have partial matches of a pattern."),
  STATE_CACHE_BYTES(
      GAUGE,
      INSTANCE,
      BYTES,
      "state_cache_bytes",
      "Native memory of what state stores have read, and of rows that are in no file yet."),
  STATE_CACHE_LIMIT_BYTES(
      GAUGE,
      INSTANCE,
      BYTES,
      "state_cache_limit_bytes",
      "The native memory that state stores may take for that."),
  STATE_DIRECTORY_FREE_BYTES(
      GAUGE,
      INSTANCE,
      BYTES,
      "state_directory_free_bytes",
      "Space that is left where state is kept."),
  STATE_DIRECTORY_SIZE_BYTES(
      GAUGE,
      INSTANCE,
      BYTES,
      "state_directory_size_bytes",
      "The size of the file system where state is kept."),
  RESTORED_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "restored_records_total",
      "Changelog records replayed when tasks opened."),
  RESTORE_REMAINING(
      GAUGE,
      STAGE,
      NUMBER,
      "restore_remaining_records",
      "Changelog records still to be replayed before all tasks run."),

  // Broadcast tables.
  TABLE_ROWS(GAUGE, TABLE, NUMBER, "table_rows", "Rows of a broadcast table."),
  TABLE_BYTES(
      GAUGE, TABLE, BYTES, "table_bytes", "Heap of the rows of a broadcast table, as an estimate."),
  TABLE_LAG(
      GAUGE,
      TABLE,
      NUMBER,
      "table_lag_records",
      "Records of a broadcast table's topic that are still to be read."),
  TABLE_SKIPPED_RECORDS(
      COUNTER,
      TABLE,
      NUMBER,
      "table_skipped_records_total",
      "Records of a broadcast table's topic that are no rows, dropped by the error policy.");

  private static final String PREFIX = "millrace_";

  private final Subject subject;
  private final Stored stored;
  private final String property;

  @SuppressWarnings("ImmutableEnumChecker") // a record of texts, whose list is a copy
  private final Metric metric;

  @SuppressWarnings("ImmutableEnumChecker") // a record of numbers
  private final @Nullable Buckets buckets;

  Measure(Metric.Kind kind, Subject subject, Stored stored, String name, String help) {
    this(kind, null, subject, stored, name, help);
  }

  Measure(Buckets buckets, Subject subject, Stored stored, String name, String help) {
    this(Metric.Kind.HISTOGRAM, buckets, subject, stored, name, help);
  }

  Measure(
      Metric.Kind kind,
      @Nullable Buckets buckets,
      Subject subject,
      Stored stored,
      String name,
      String help) {
    this.buckets = buckets;
    this.subject = subject;
    this.stored = stored;
    this.metric = new Metric(PREFIX + name, kind, stored.unit, help, subject.labels);
    this.property = camelCase(name()) + stored.suffix;
  }

  private static String camelCase(String constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.toLowerCase(Locale.ROOT).split("_")) {
      name.append(name.isEmpty() ? word.charAt(0) : Character.toUpperCase(word.charAt(0)));
      name.append(word, 1, word.length());
    }
    return name.toString();
  }

  /** {@return the description for users} */
  public Metric metric() {
    return metric;
  }

  /** {@return what it is measured of} */
  public Subject subject() {
    return subject;
  }

  /** {@return the name that it has in reports of instances, and in the status as JSON} */
  public String property() {
    return property;
  }

  /** {@return whether each worker has a value of its own, which it writes} */
  public boolean isOfWorkers() {
    return subject == Subject.STAGE || subject == Subject.WORKER;
  }

  /** {@return whether it is a number that can be added up over workers and instances} */
  public boolean addsUp() {
    return isOfWorkers() && metric.kind() != Metric.Kind.HISTOGRAM && !isMoment();
  }

  /**
   * {@return whether it is a point in time or a delay, of which the latest counts where there are
   * several}
   */
  public boolean isMoment() {
    return stored == Stored.MILLIS;
  }

  /** {@return the bounds of a histogram} */
  Buckets buckets() {
    Buckets bounds = buckets;
    if (bounds == null) {
      throw new IllegalStateException(this + " is no histogram");
    }
    return bounds;
  }

  /** {@return a stored value in the metric's unit} */
  public double inUnit(double value) {
    return value / stored.perUnit;
  }

  /** The kind of thing that is measured, which decides the labels of its samples. */
  public enum Subject {
    STAGE("job", "stage"),
    WORKER("job", "stage", "worker"),
    TASK("job", "stage", "task"),
    INPUT("job", "stage", "topic", "partition"),
    OPERATOR("job", "stage", "operator"),
    STORE("job", "stage", "store"),
    INSTANCE("job"),
    TABLE("job", "table");

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<String> labels;

    Subject(String... labels) {
      this.labels = List.of(labels);
    }
  }

  /** The form in which values are stored and written to reports. */
  public enum Stored {
    NUMBER(Metric.Unit.NUMBER, "", 1),
    BYTES(Metric.Unit.BYTES, "", 1),
    MILLIS(Metric.Unit.SECONDS, "Ms", 1_000),
    NANOS(Metric.Unit.SECONDS, "Nanos", 1_000_000_000);

    private final Metric.Unit unit;
    private final String suffix;
    private final double perUnit;

    Stored(Metric.Unit unit, String suffix, double perUnit) {
      this.unit = unit;
      this.suffix = suffix;
      this.perUnit = perUnit;
    }
  }
}
