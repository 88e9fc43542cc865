package dev.millrace.internal.broadcast;

import dev.millrace.error.JobStateException;
import dev.millrace.error.Place;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.spec.SerdeSpec;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.LogPace;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reader of all tables that an instance has whole: from the beginnings of their topics, and on
 * as these grow.
 *
 * <p>While brokers do not answer it tries again, and look-ups go on with the rows that are there.
 * It fails if it cannot go on: it has no right to read, rows are damaged or too many, a topic was
 * deleted, or was cut off where it was read. A start reads everything anew.
 *
 * <p>A topic may get partitions: they are read from their beginnings as soon as they are seen.
 *
 * <p><b>Threads.</b> Confined to one thread, but for {@link #stop}, which may be called by any.
 */
public final class BroadcastReader implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(BroadcastReader.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * Short: after a change of leader a position is validated first, and the next step asks again.
   */
  private static final Duration POSITION_WAIT = Duration.ofMillis(5);

  private static final long RETRY_MS = 200;
  private static final long LOOK_NANOS = Duration.ofSeconds(10).toNanos();

  /** A broker that has just started may not know a topic yet. */
  private static final int LOOKS_UNTIL_GONE = 3;

  private final String job;
  private final String clientId;
  private final Cluster cluster;
  private final Clock clock;
  private final List<SerdeSpec> serdes;
  private final Runnable beforeUse;
  private final TableMemory memory;
  private final Map<String, Uuid> topicIds = new HashMap<>();
  private final Map<String, Integer> missing = new HashMap<>();
  private final List<TableFeed> feeds = new ArrayList<>();
  private final Queue<ConsumerRecord<byte[], byte[]>> fetched = new ArrayDeque<>();
  private final AuxiliaryCalls calls;
  private final HeldRecords held;
  private final LogPace pace = new LogPace();
  private @Nullable Consumer<byte[], byte[]> consumer;
  private List<TopicPartition> assigned = List.of();
  private long lookedNanos;
  private boolean failing;
  private volatile boolean stopping;

  /**
   * Creates a reader without tables.
   *
   * @param clientId the name of its consumer
   * @param serdes those of the job's types
   * @param beforeUse called when a table is loaded, before anything looks it up, and throws if the
   *     instance must not take part in the job any more
   */
  public BroadcastReader(
      String job,
      String clientId,
      Cluster cluster,
      Clock clock,
      List<SerdeSpec> serdes,
      Runnable beforeUse) {
    this.job = job;
    this.clientId = clientId;
    this.cluster = cluster;
    this.clock = clock;
    this.serdes = serdes;
    this.beforeUse = beforeUse;
    this.memory = new TableMemory(job, cluster.config().broadcastMemoryBytes());
    this.calls = new AuxiliaryCalls(clientId, clock);
    this.held = new HeldRecords(job, cluster, clock, calls);
    this.lookedNanos = clock.nanos();
  }

  /**
   * {@return the rows of a table, which are read from the first step on}
   *
   * @param topic its topic as it is now
   * @param end the end up to which it has to be read
   */
  public BroadcastRows add(
      Broadcast table,
      KeyCodec<Object> keys,
      ValueCodec<Object> values,
      TopicState topic,
      TableEnd end) {
    BroadcastRows rows = new BroadcastRows(table, keys, values, memory);
    feeds.add(new TableFeed(rows, () -> reader(rows), topic.partitions(), end));
    topicIds.put(table.topic(), topic.id());
    return rows;
  }

  private RowReader reader(BroadcastRows rows) {
    WorkerSerdes own = new WorkerSerdes(job, rows.name(), serdes);
    return rows.table().ofUser().isPresent()
        ? new UserRows(job, rows, own, clock, () -> stopping)
        : new OwnRows(rows, own);
  }

  /** {@return whether there is nothing to read} */
  public boolean isIdle() {
    return feeds.isEmpty();
  }

  /** {@return the tables} */
  public List<BroadcastRows> tables() {
    return feeds.stream().map(TableFeed::rows).toList();
  }

  /** Asks the reader to stop; it does so within moments. */
  public void stop() {
    stopping = true;
  }

  /** Reads until it is stopped or fails, or there is nothing to come any more. */
  public void run() {
    try {
      while (!stopping && !isDone()) {
        if (!step(POLL) && failing) {
          clock.sleepMs(RETRY_MS);
        }
      }
    } finally {
      close();
    }
  }

  private boolean isDone() {
    return feeds.stream().allMatch(feed -> feed.end().isFinal() && feed.rows().isLoaded());
  }

  /** Reads what there is, waiting for it at most so long; returns whether there was anything. */
  public boolean step(Duration atMost) {
    if (isDone()) {
      return false;
    }
    try {
      boolean worked = readOrSkip(atMost);
      failing = false;
      return worked;
    } catch (RuntimeException e) {
      if (!KafkaErrors.mayPass(e)) {
        throw explained(e);
      }
      if (!failing) {
        pace.logNextAtOnce();
      }
      failing = true;
      if (pace.isDue(clock.nanos())) {
        LOGGER
            .atWarn()
            .addKeyValue("job", job)
            .addKeyValue("failuresSinceLastLine", pace.takeUnlogged())
            .addKeyValue("cause", KafkaErrors.text(e))
            .log("Broadcast tables cannot be read at present; they stay as they are meanwhile");
      }
      return false;
    }
  }

  private boolean readOrSkip(Duration atMost) {
    try {
      return read(atMost);
    } catch (OffsetOutOfRangeException e) {
      skipDeleted(e);
      return true;
    }
  }

  private boolean read(Duration atMost) {
    Consumer<byte[], byte[]> reader = opened();
    look(reader); // First: what cannot be read may be gone.
    boolean worked = takeFetched(); // If a former step could not take all.
    for (TableFeed feed : feeds) {
      worked |= learnEnds(reader, feed);
    }
    if (!assigned.isEmpty()) {
      reader.poll(atMost).forEach(fetched::add);
    }
    worked |= takeFetched();
    for (TableFeed feed : feeds) {
      if (!feed.isSettled()) {
        worked |= checkSettled(reader, feed);
      }
      feed.rows()
          .lagging(
              feed.partitions().stream()
                  .mapToLong(
                      partition ->
                          Math.max(
                              reader.currentLag(partition).orElse(0),
                              held.behind(reader, partition)))
                  .sum());
    }
    return worked;
  }

  /**
   * Takes what was fetched. A record stays if it cannot be taken at present, since the broker that
   * has the schema of its row does not answer: the consumer has moved past it.
   */
  private boolean takeFetched() {
    boolean worked = false;
    for (ConsumerRecord<byte[], byte[]> record = fetched.peek();
        record != null;
        record = fetched.peek()) {
      for (TableFeed feed : feeds) {
        if (feed.topic().equals(record.topic())) {
          feed.take(record);
        }
      }
      fetched.remove();
      worked = true;
    }
    return worked;
  }

  private Consumer<byte[], byte[]> opened() {
    Consumer<byte[], byte[]> reader = consumer;
    if (reader == null) {
      reader = cluster.clients().readerConsumer(clientId, IsolationLevel.READ_COMMITTED);
      consumer = reader;
    }
    if (assigned.isEmpty()) {
      List<TopicPartition> all = new ArrayList<>();
      feeds.forEach(feed -> all.addAll(feed.partitions()));
      reader.assign(all);
      reader.seekToBeginning(all);
      assigned = all;
    }
    return reader;
  }

  /** Finds out how far a table has to be read, as soon as that can be known. */
  private boolean learnEnds(Consumer<byte[], byte[]> reader, TableFeed feed) {
    if (feed.knowsEnds()) {
      return false;
    }
    if (feed.end() instanceof TableEnd.Agreed agreed) {
      feed.readUpTo(agreed.offsets());
      return true;
    }
    if (feed.end() instanceof TableEnd.OfStage stage && !stage.isFinished().getAsBoolean()) {
      return false;
    }
    feed.readUpTo(ends(reader, feed, feed.partitions()));
    return true;
  }

  /**
   * {@return where partitions end now}
   *
   * <p>An end that is final includes open transactions: that a stage has finished is seen before
   * the markers of its last one need to be there. Otherwise nobody knows how long they stay open.
   */
  private Map<Integer, Long> ends(
      Consumer<byte[], byte[]> reader, TableFeed feed, List<TopicPartition> partitions) {
    Map<TopicPartition, Long> found =
        feed.end().isFinal()
            ? cluster.offsets().ends(partitions, IsolationLevel.READ_UNCOMMITTED)
            : reader.endOffsets(partitions, PATIENCE);
    return found.entrySet().stream()
        .collect(Collectors.toMap(end -> end.getKey().partition(), Map.Entry::getValue));
  }

  private boolean checkSettled(Consumer<byte[], byte[]> reader, TableFeed feed) {
    for (TopicPartition partition : feed.partitions()) {
      try {
        feed.movedTo(partition.partition(), reader.position(partition, POSITION_WAIT));
      } catch (TimeoutException e) {
        LOGGER.atTrace().addKeyValue("partition", partition).log("Position not known at present");
      }
    }
    lookForCut(reader, feed);
    if (!feed.isReadToEnds()) {
      return false;
    }
    boolean isNews = !feed.rows().isLoaded();
    if (isNews) {
      beforeUse.run();
    }
    feed.settle();
    if (isNews) {
      LOGGER
          .atInfo()
          .addKeyValue("job", job)
          .addKeyValue("table", feed.rows().name())
          .addKeyValue("topic", feed.topic())
          .addKeyValue("rows", feed.rows().size())
          .addKeyValue("bytes", feed.rows().bytes())
          .log("A broadcast table is loaded");
    }
    return true;
  }

  /**
   * Looks now and then, where all there is has been read, whether there is less than there was to
   * be: a leader was lost with records that no other replica had.
   */
  private void lookForCut(Consumer<byte[], byte[]> reader, TableFeed feed) {
    List<TopicPartition> ended =
        feed.unread().stream()
            .filter(partition -> reader.currentLag(partition).orElse(1) == 0)
            .toList();
    if (!ended.isEmpty()
        && feed.isCutLookDue(clock.nanos())
        && feed.endsNowAt(ends(reader, feed, ended))) {
      LOGGER
          .atWarn()
          .addKeyValue("job", job)
          .addKeyValue("table", feed.rows().name())
          .addKeyValue("partitions", ended)
          .log("The topic of a broadcast table was cut off; what is gone is not waited for");
    }
  }

  // ------------------------------------------------------------------ changes of topics

  /** Looks now and then whether topics are still there, and whether they have grown. */
  private void look(Consumer<byte[], byte[]> reader) {
    if (clock.nanos() - lookedNanos < LOOK_NANOS) {
      return;
    }
    lookedNanos = clock.nanos();
    calls
        .ask(
            "look for new partitions of broadcast tables",
            () -> cluster.topics().describe(topicIds.keySet()))
        .ifPresent(found -> compare(reader, found));
    if (!calls.isCutOff()) {
      held.look(reader, assigned);
    }
  }

  private void compare(Consumer<byte[], byte[]> reader, Map<String, TopicState> found) {
    for (TableFeed feed : feeds) {
      TopicState state = found.get(feed.topic());
      if (state == null) {
        if (missing.merge(feed.topic(), 1, Integer::sum) >= LOOKS_UNTIL_GONE) {
          throw gone(feed, "was deleted");
        }
        continue;
      }
      missing.remove(feed.topic());
      if (!state.id().equals(topicIds.get(feed.topic()))) {
        throw gone(feed, "was deleted and created again");
      }
      if (!feed.end().isFinal()) {
        grow(reader, feed.grownTo(state.partitions()));
      }
    }
  }

  private void grow(Consumer<byte[], byte[]> reader, List<TopicPartition> fresh) {
    if (fresh.isEmpty()) {
      return;
    }
    List<TopicPartition> all = new ArrayList<>(assigned);
    all.addAll(fresh);
    reader.assign(all);
    reader.seekToBeginning(fresh);
    assigned = all;
    LOGGER
        .atInfo()
        .addKeyValue("job", job)
        .addKeyValue("partitions", fresh)
        .log("The topic of a broadcast table has grown; its new partitions are read from now on");
  }

  private JobStateException gone(TableFeed feed, String what) {
    return new JobStateException(
        "Cannot read broadcast table '"
            + feed.rows().name()
            + "' of job '"
            + job
            + "' on: its topic "
            + feed.topic()
            + " "
            + what
            + ". Create the topic with the rows that it is to have, and start again",
        Place.ofJob(job).withTopic(feed.topic()),
        null);
  }

  /**
   * Goes on where a topic begins now, if what was deleted before it is not part of the table either
   * because that is only being loaded.
   */
  private void skipDeleted(OffsetOutOfRangeException cause) {
    Consumer<byte[], byte[]> reader = opened();
    Map<TopicPartition, Long> outside = new LinkedHashMap<>(cause.offsetOutOfRangePartitions());
    Map<TopicPartition, Long> beginnings = cluster.offsets().beginnings(outside.keySet());
    for (TableFeed feed : feeds) {
      for (TopicPartition partition : feed.partitions()) {
        Long position = outside.get(partition);
        long beginning = beginnings.getOrDefault(partition, 0L);
        if (position == null) {
          continue;
        }
        if (feed.rows().isLoaded() || beginning <= position) {
          throw new JobStateException(
              "Cannot read broadcast table '"
                  + feed.rows().name()
                  + "' of job '"
                  + job
                  + "' on: offset "
                  + position
                  + " of "
                  + partition
                  + " is not in the topic any more: it was deleted before it was read, or the log"
                  + " was cut off. Start again, which reads the topic as it is now",
              Place.ofPartition(partition.topic(), partition.partition())
                  .withJob(job)
                  .withOffset(position),
              cause);
        }
        reader.seek(partition, beginning);
      }
    }
  }

  private RuntimeException explained(RuntimeException error) {
    return MissingRights.explained(
        error, "read the broadcast tables of job '" + job + "'", "READ", "");
  }

  /** Closes the consumer and the deserializers, on the thread that reads. */
  @Override
  public void close() {
    Consumer<byte[], byte[]> reader = consumer;
    consumer = null;
    assigned = List.of();
    fetched.clear();
    if (reader != null) {
      KafkaClients.closeReader(reader);
    }
    feeds.forEach(TableFeed::close);
  }
}
