package dev.millrace.chaos;

import dev.millrace.chaos.LedgerJob.Entry;
import dev.millrace.chaos.LedgerJob.Total;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a ledger into a topic for as long as a test lasts, a fifth of it in transactions of which
 * a third is aborted, and knows what a right answer is: the fold of what was committed.
 *
 * <p>A key stays in one partition and times go up, so nothing is ever late. At the end each
 * partition gets one entry far ahead, which closes all windows.
 *
 * <p><b>Threads.</b> {@link #records()} may be asked by any thread; the answers are complete after
 * {@link #finish()}.
 */
final class Feed implements AutoCloseable {

  /** A window's key. */
  record WindowKey(String key, long startMs) {}

  private static final long FIRST_TIME_MS = 1_700_000_000_000L;
  private static final long END_TIME_MS = FIRST_TIME_MS + Duration.ofDays(1).toMillis();
  private static final int KEYS = 300;
  private static final int BATCH = 40;

  /** As long as brokers let a transaction last at most. */
  private static final int FOR_EVER_MS = (int) Duration.ofMinutes(15).toMillis();

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final String topic;
  private final int partitions;
  private final Random random;
  private final long nanosPerBatch;
  private final Producer<byte[], byte[]> plain;
  private final Producer<byte[], byte[]> transactional;
  private final EndedTransactions ended;
  private final Thread thread;

  private final Map<String, Total> totals = new HashMap<>();
  private final Map<WindowKey, Total> windows = new HashMap<>();
  private final Set<String> ids = new HashSet<>();
  private final Set<String> aborted = new HashSet<>();
  private long timeMs = FIRST_TIME_MS;
  private volatile int records;
  private volatile boolean finishing;
  private volatile Throwable failure;

  /** Set by the test, taken by the feed. */
  private final AtomicReference<@Nullable Break> nextBreak = new AtomicReference<>();

  private Feed(TestBroker broker, String topic, int partitions, long seed, int perSecond) {
    this.topic = topic;
    this.partitions = partitions;
    this.random = new Random(seed);
    this.nanosPerBatch = TimeUnit.SECONDS.toNanos(1) * BATCH / perSecond;
    this.plain = producer(broker, Map.of());
    String id = topic + "-feed";
    this.transactional = producer(broker, Map.of("transactional.id", id));
    this.ended =
        new EndedTransactions(
            Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers())), id);
    this.thread = new Thread(this::run, "feed");
  }

  private static Producer<byte[], byte[]> producer(TestBroker broker, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("bootstrap.servers", broker.bootstrapServers());
    settings.put("linger.ms", "5");
    // However long brokers are away, what was begun is ended: the fold must not guess.
    settings.put("delivery.timeout.ms", FOR_EVER_MS);
    settings.put("max.block.ms", FOR_EVER_MS);
    if (more.containsKey("transactional.id")) {
      settings.put("transaction.timeout.ms", FOR_EVER_MS);
    }
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Starts to write. */
  static Feed start(TestBroker broker, String topic, int partitions, long seed, int perSecond) {
    Feed feed = new Feed(broker, topic, partitions, seed, perSecond);
    feed.thread.start();
    return feed;
  }

  private void run() {
    try {
      transactional.initTransactions();
      long next = System.nanoTime();
      while (!finishing) {
        batch();
        next += nanosPerBatch;
        LockSupport.parkNanos(next - System.nanoTime());
      }
      end();
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void batch() {
    Break broken = nextBreak.getAndSet(null);
    boolean inTransaction = random.nextInt(5) == 0 || broken != null;
    boolean abort = inTransaction && random.nextInt(3) == 0;
    Map<String, Long> seqs = new HashMap<>();
    List<Entry> batch = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      // A few keys are hot.
      String key = "k" + (int) (KEYS * Math.pow(random.nextDouble(), 3));
      long last = seqs.getOrDefault(key, lastSeq(key));
      seqs.put(key, last + 1);
      timeMs += random.nextInt(4);
      String id = (abort ? "x" : "r") + ids.size() + "-" + aborted.size() + "-" + i;
      batch.add(new Entry(id, key, last + 1, 1 + random.nextInt(100), timeMs));
    }
    Producer<byte[], byte[]> producer = inTransaction ? transactional : plain;
    if (inTransaction) {
      producer.beginTransaction();
    }
    batch.forEach(entry -> send(producer, entry, partition(entry.key())));
    // Two producers write each partition: the next one must come behind.
    producer.flush();
    if (broken != null) {
      broken.action().run();
    }
    if (abort) {
      producer.abortTransaction();
    } else if (inTransaction) {
      producer.commitTransaction();
    }
    Set<TopicPartition> leftOpen = inTransaction ? abortWhereLeftOpen(batch) : Set.of();
    for (Entry entry : batch) {
      if (abort || leftOpen.contains(partition(entry))) {
        aborted.add(entry.id());
      } else {
        count(entry);
      }
    }
    records = ids.size();
    if (broken != null) {
      broken.hold();
    }
  }

  /** What a broker forgot to end, the next transaction would end in its own way. */
  private Set<TopicPartition> abortWhereLeftOpen(List<Entry> batch) {
    return ended.abortWhereLeftOpen(
        batch.stream().map(this::partition).collect(Collectors.toSet()));
  }

  private TopicPartition partition(Entry entry) {
    return new TopicPartition(topic, partition(entry.key()));
  }

  private void send(Producer<byte[], byte[]> producer, Entry entry, int partition) {
    producer.send(
        record(entry, partition),
        (metadata, refused) -> {
          if (refused != null) {
            failure = refused;
          }
        });
  }

  private long lastSeq(String key) {
    Total total = totals.get(key);
    return total == null ? 0 : total.lastSeq();
  }

  private int partition(String key) {
    return Math.floorMod(key.hashCode(), partitions);
  }

  private ProducerRecord<byte[], byte[]> record(Entry entry, int partition) {
    return new ProducerRecord<>(
        topic,
        partition,
        entry.key().getBytes(StandardCharsets.UTF_8),
        JSON.writeValueAsBytes(entry));
  }

  private void count(Entry entry) {
    ids.add(entry.id());
    Total one = Total.of(entry);
    totals.merge(entry.key(), one, Total::plus);
    if (entry.timeMs() < END_TIME_MS) {
      long start = entry.timeMs() - entry.timeMs() % LedgerJob.WINDOW.toMillis();
      windows.merge(new WindowKey(entry.key(), start), one, Total::plus);
    }
  }

  private void end() {
    for (int partition = 0; partition < partitions; partition++) {
      Entry entry = new Entry("end-" + partition, "end-" + partition, 1, 1, END_TIME_MS);
      send(plain, entry, partition);
      count(entry);
    }
    plain.flush();
    records = ids.size();
  }

  /** {@return how many records are committed so far} */
  int records() {
    if (failure != null) {
      throw new AssertionError("The feed failed", failure);
    }
    return records;
  }

  /**
   * A halt of the feed.
   *
   * @param action what to do in it, ahead of the marker
   * @param reached open once the marker is written
   * @param over open once the feed may go on
   */
  record Break(Runnable action, CountDownLatch reached, CountDownLatch over)
      implements AutoCloseable {

    private void hold() {
      reached.countDown();
      while (!awaitUnbroken(over)) {
        // A test that fails closes it, too.
      }
    }

    /** Lets the feed go on. */
    @Override
    public void close() {
      over.countDown();
    }
  }

  /**
   * Does something between the records of the next transaction and its marker, which may be that of
   * an abort, and returns once the marker is written; then nothing is fed until the result is
   * closed.
   */
  Break breakAheadOfMarker(Runnable action) {
    Break next = new Break(action, new CountDownLatch(1), new CountDownLatch(1));
    nextBreak.set(next);
    while (!awaitUnbroken(next.reached())) {
      records(); // fails if the feed has
    }
    return next;
  }

  private static boolean awaitUnbroken(CountDownLatch latch) {
    try {
      return latch.await(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Ends the ledger; what it amounts to is known from then on. */
  Feed finish() throws InterruptedException {
    finishing = true;
    thread.join(120_000);
    if (thread.isAlive()) {
      throw new AssertionError("The feed does not end");
    }
    records();
    return this;
  }

  Set<String> ids() {
    return ids;
  }

  Map<String, Total> totals() {
    return totals;
  }

  Map<WindowKey, Total> windows() {
    return windows;
  }

  @Override
  public void close() {
    finishing = true;
    LockSupport.unpark(thread);
    ended.close();
    plain.close(Duration.ofSeconds(1));
    transactional.close(Duration.ofSeconds(1));
  }
}
