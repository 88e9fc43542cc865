package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.chaos.LedgerJob.Total;
import dev.millrace.chaos.LedgerJob.WindowTotal;
import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.util.ByteReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * One run of {@link LedgerJob}: its topics, its feed, and the oracle that reads its outputs and
 * says whether they are right.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Ledger implements AutoCloseable {

  static final int PARTITIONS = 4;

  private static final byte[] FRAME_KEY = {0, 'f', 'r', 'a', 'm', 'e'};
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TestBroker broker;
  private final String job;
  private final List<String> arguments = new ArrayList<>();
  private final Map<String, String> settings = new TreeMap<>();
  private final Feed feed;
  private final CommittedReader copiesReader;
  private final CommittedReader totalsReader;
  private final CommittedReader windowsReader;

  private final Map<String, Integer> copies = new HashMap<>();
  private final Map<String, Total> totals = new HashMap<>();
  private final Map<Feed.WindowKey, List<Total>> windows = new HashMap<>();
  private final List<String> wrongs = new ArrayList<>();
  private @Nullable FiledLines filed;
  private Runnable watch = () -> {};

  private Ledger(TestBroker broker, long seed, int perSecond) {
    this.broker = broker;
    this.job = broker.uniqueName("ledger");
    String in = broker.createTopic(input(), PARTITIONS);
    String copiesTopic = broker.createTopic(job + "-copies", 2);
    String totalsTopic = broker.createTopic(job + "-totals", 3);
    String windowsTopic = broker.createTopic(job + "-windows", 3);
    arguments.addAll(List.of("--job", job, "--in", in, "--copies", copiesTopic));
    arguments.addAll(List.of("--totals", totalsTopic, "--windows", windowsTopic));
    settings.put("bootstrap.servers", broker.bootstrapServers());
    settings.put("session.timeout", "3s");
    settings.put("heartbeat.interval", "300ms");
    settings.put("state.memory", "16MB");
    settings.put("status.interval", "500ms");
    this.copiesReader = new CommittedReader(broker, copiesTopic);
    this.totalsReader = new CommittedReader(broker, totalsTopic);
    this.windowsReader = new CommittedReader(broker, windowsTopic);
    this.feed = Feed.start(broker, in, PARTITIONS, seed, perSecond);
  }

  /** Makes the topics and starts to feed. */
  static Ledger start(TestBroker broker, long seed, int perSecond) {
    return new Ledger(broker, seed, perSecond);
  }

  /** Changes a setting of the instances that are started from now on. */
  Ledger with(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /**
   * Chooses the group protocol; to be said last. Under the consumer protocol it is the groups'
   * settings in the broker that say when a member counts as dead.
   */
  Ledger under(MembershipProtocol membership) {
    settings.put("membership", membership.name().toLowerCase(Locale.ROOT));
    if (membership == MembershipProtocol.CONSUMER) {
      JobConfig config = config();
      List<AlterConfigOp> times =
          List.of(
              set("consumer.session.timeout.ms", config.sessionTimeout()),
              set("consumer.heartbeat.interval.ms", config.heartbeatInterval()));
      Map<ConfigResource, Collection<AlterConfigOp>> groups = new HashMap<>();
      for (String stage : Millrace.plan(definition(), config).stages()) {
        groups.put(new ConfigResource(ConfigResource.Type.GROUP, job + "." + stage), times);
      }
      answer(() -> broker.admin().incrementalAlterConfigs(groups).all());
    }
    return this;
  }

  private static AlterConfigOp set(String key, Duration value) {
    return new AlterConfigOp(
        new ConfigEntry(key, Long.toString(value.toMillis())), AlterConfigOp.OpType.SET);
  }

  /** Has the job write copies into files, too. */
  Ledger withFiles(Path directory) {
    filed = new FiledLines(directory);
    arguments.addAll(List.of("--files", directory.toString()));
    return this;
  }

  /** Has something checked whenever it waits for progress. */
  void watch(Runnable check) {
    watch = check;
  }

  String job() {
    return job;
  }

  /** {@return the topic that the job reads} */
  String input() {
    return job + "-in";
  }

  Feed feed() {
    return feed;
  }

  // ------------------------------------------------------------------ instances

  /** {@return a child instance over a state directory} */
  ChildInstance.Spec child(Path stateDir) {
    return new ChildInstance.Spec(LedgerJob.class, settings, List.copyOf(arguments))
        .with("state.dir", stateDir.toString());
  }

  /** Starts an instance in this JVM. */
  RunningJob run(Path stateDir) {
    return Millrace.start(definition(), config().with("state.dir", stateDir.toString()));
  }

  private Job definition() {
    return new LedgerJob().define(JobArguments.of(arguments.toArray(new String[0])));
  }

  private JobConfig config() {
    JobConfig config = JobConfig.defaults();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.with(setting.getKey(), setting.getValue());
    }
    return config;
  }

  /** {@return the number of tasks of each stage that each instance has, by instance id} */
  Map<String, Map<String, Integer>> tasks() {
    Map<String, Map<String, Integer>> tasks = new TreeMap<>();
    placement()
        .forEach(
            (instance, stages) -> {
              Map<String, Integer> counts = new TreeMap<>();
              stages.forEach((stage, partitions) -> counts.put(stage, partitions.size()));
              tasks.put(instance, counts);
            });
    return tasks;
  }

  /** {@return the tasks of each stage that each instance has, by instance id} */
  Map<String, Map<String, Set<Integer>>> placement() {
    Map<String, Map<String, Set<Integer>>> tasks = new TreeMap<>();
    for (String group : groups()) {
      String stage = group.substring(job.length() + 1);
      for (MemberDescription member : members(group)) {
        // <job>-<job8>-<instance8>-<stage>-<worker>
        String instance = member.clientId().substring(job.length() + 10, job.length() + 18);
        Set<Integer> partitions =
            tasks
                .computeIfAbsent(instance, absent -> new TreeMap<>())
                .computeIfAbsent(stage, absent -> new TreeSet<>());
        member.assignment().topicPartitions().forEach(each -> partitions.add(each.partition()));
      }
    }
    return tasks;
  }

  /** {@return the groups of the job's stages} */
  Set<String> groups() {
    return answer(() -> broker.admin().listGroups().all()).stream()
        .map(listing -> listing.groupId())
        .filter(group -> group.startsWith(job + "."))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private List<MemberDescription> members(String group) {
    try {
      return List.copyOf(
          broker
              .admin()
              .describeConsumerGroups(List.of(group))
              .describedGroups()
              .get(group)
              .get(30, TimeUnit.SECONDS)
              .members());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return List.of();
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  // ------------------------------------------------------------------ progress

  /** Waits until all that is fed by now has come out, and returns how long it took. */
  Duration awaitCaughtUp(Duration atMost) {
    long begun = System.nanoTime();
    int fed = feed.records();
    await("what was fed comes out", atMost, () -> copies() >= fed && counted() >= fed);
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  /** Waits until every task of a stage has committed some input beyond what it has by now. */
  void awaitAllTasksMove(String stage, Duration atMost) {
    Map<TopicPartition, OffsetAndMetadata> before = offsets(stage);
    await(
        "all tasks of " + stage + " move on",
        atMost,
        () ->
            offsets(stage).entrySet().stream()
                .allMatch(now -> now.getValue().offset() > before.get(now.getKey()).offset()));
  }

  /** Waits until at least this many more records have come out. */
  void awaitMore(int records, Duration atMost) {
    int before = copies();
    await("more comes out", atMost, () -> copies() >= before + records);
  }

  /** Ends the feed and waits until everything has come out. */
  void awaitEnd(Duration atMost) throws InterruptedException {
    feed.finish();
    try {
      await(
          "everything comes out",
          atMost,
          () ->
              copies() >= feed.ids().size()
                  && counted() >= feed.ids().size()
                  && windows.size() >= feed.windows().size()
                  && (filed == null || filed.count() >= feed.ids().size()));
    } catch (ConditionTimeoutException e) {
      // What is missing is said better by the checks.
      System.out.println("CHAOS: not everything came out within " + atMost);
    }
  }

  private void await(String what, Duration atMost, BooleanSupplier condition) {
    Awaitility.await(what)
        .atMost(atMost)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              watch.run();
              read();
              return condition.getAsBoolean();
            });
  }

  /** {@return how many different records have come out as copies} */
  private int copies() {
    return copies.size();
  }

  private long counted() {
    return totals.values().stream().mapToLong(Total::count).sum();
  }

  /** Reads what is new in the outputs, and looks at it. */
  private void read() {
    for (ConsumerRecord<byte[], byte[]> record : copiesReader.more()) {
      copies.merge(new String(record.value(), StandardCharsets.UTF_8), 1, Integer::sum);
    }
    if (filed != null) {
      filed.read();
    }
    for (ConsumerRecord<byte[], byte[]> record : totalsReader.more()) {
      Total total = JSON.readValue(record.value(), Total.class);
      Total before = totals.put(total.key(), total);
      if (before != null && (total.count() <= before.count() || total.sum() <= before.sum())) {
        wrongs.add("a total went from " + before + " to " + total + " at " + at(record));
      }
    }
    for (ConsumerRecord<byte[], byte[]> record : windowsReader.more()) {
      WindowTotal total = JSON.readValue(record.value(), WindowTotal.class);
      windows
          .computeIfAbsent(
              new Feed.WindowKey(total.key(), total.startMs()), absent -> new ArrayList<>())
          .add(new Total(total.key(), total.count(), total.sum(), total.lastSeq()));
    }
  }

  private static String at(ConsumerRecord<?, ?> record) {
    return record.topic() + "-" + record.partition() + "@" + record.offset();
  }

  // ------------------------------------------------------------------ oracle

  /** Checks everything that exactly-once promises; the feed has ended, the instances as well. */
  void checkExactlyOnce() {
    read();
    assertThat(wrongs).isEmpty();
    checkCopies();
    assertThat(differences(feed.totals(), totals)).as("totals").isEmpty();
    checkWindows();
    if (filed != null) {
      filed.check(feed.ids());
    }
    checkChangelogs();
    checkTransactions();
  }

  /** Checks that nothing is lost; repeats are allowed. */
  void checkNothingLost() {
    read();
    Set<String> missing = new TreeSet<>(feed.ids());
    missing.removeAll(copies.keySet());
    assertThat(missing).as("records that never came out").isEmpty();
    List<String> short_ = new ArrayList<>();
    feed.totals()
        .forEach(
            (key, expected) -> {
              Total actual = totals.get(key);
              if (actual == null
                  || actual.count() < expected.count()
                  || actual.sum() < expected.sum()
                  || actual.lastSeq() != expected.lastSeq()) {
                short_.add("expected at least " + expected + ", got " + actual);
              }
            });
    assertThat(short_).as("totals").isEmpty();
  }

  /** {@return how many copies there are beyond one of each record} */
  long repeats() {
    return copies.values().stream().mapToLong(count -> count - 1).sum();
  }

  private void checkCopies() {
    Set<String> missing = new TreeSet<>(feed.ids());
    missing.removeAll(copies.keySet());
    Set<String> foreign = new TreeSet<>(copies.keySet());
    foreign.removeAll(feed.ids());
    Map<String, Integer> repeated = new TreeMap<>(copies);
    repeated.values().removeIf(count -> count == 1);
    assertThat(missing).as("records that never came out").isEmpty();
    assertThat(foreign).as("aborted or invented records that came out").isEmpty();
    assertThat(repeated).as("records that came out more than once").isEmpty();
  }

  private void checkWindows() {
    Map<Feed.WindowKey, List<Total>> repeated = new HashMap<>(windows);
    repeated.values().removeIf(results -> results.size() == 1);
    assertThat(repeated).as("windows that closed more than once").isEmpty();
    Map<Feed.WindowKey, Total> results = new HashMap<>();
    windows.forEach((window, totals) -> results.put(window, totals.get(0)));
    assertThat(differences(feed.windows(), results)).as("windows").isEmpty();
  }

  private static <K> List<String> differences(Map<K, Total> expected, Map<K, Total> actual) {
    List<String> differences = new ArrayList<>();
    expected.forEach(
        (key, total) -> {
          if (!total.equals(actual.get(key))) {
            differences.add(key + ": expected " + total + ", got " + actual.get(key));
          }
        });
    actual.forEach(
        (key, total) -> {
          if (!expected.containsKey(key)) {
            differences.add(key + ": unexpected " + total);
          }
        });
    return differences;
  }

  /** The state that a changelog holds is the fold of the input, and its frames are one chain. */
  private void checkChangelogs() {
    Map<String, Total> rebuilt = new HashMap<>();
    KeyCodec<String> keys = KeyCodecs.forClass(String.class);
    StoredValues<Total> values =
        new StoredValues<>(ValueCodecs.forClass(Total.class, new InMemorySchemaBook()));
    Changelog changelog = readChangelog(LedgerJob.TOTALS);
    changelog
        .rows()
        .forEach(
            (key, value) -> {
              int idBytes = storeIdBytes(key);
              rebuilt.put(keys.decode(key, idBytes, key.length - idBytes), values.fromBytes(value));
            });
    assertThat(differences(feed.totals(), rebuilt)).as("state in the changelog").isEmpty();
    changelog.check(LedgerJob.TOTALS);
    Changelog ofWindows = readChangelog(LedgerJob.WINDOWS);
    assertThat(ofWindows.rows()).as("windows that are left open").hasSize(PARTITIONS);
    ofWindows.check(LedgerJob.WINDOWS);
  }

  private static int storeIdBytes(byte[] key) {
    ByteReader in = new ByteReader(key, 0, key.length);
    in.readVarint();
    return in.position();
  }

  /**
   * A changelog, folded.
   *
   * @param rows what a store has that replays it
   * @param frames the frames of each task, in order
   * @param group the group of its stage
   */
  record Changelog(
      TreeMap<byte[], byte[]> rows,
      Map<Integer, List<CommitFrame>> frames,
      Map<TopicPartition, OffsetAndMetadata> group,
      long records) {

    void check(String stage) {
      frames.forEach(
          (task, chain) -> {
            for (int i = 1; i < chain.size(); i++) {
              CommitFrame before = chain.get(i - 1);
              CommitFrame frame = chain.get(i);
              String where = stage + "-" + task + ": " + before + " and then " + frame;
              assertThat(frame.txnSeq()).as(where).isEqualTo(before.txnSeq() + 1);
              assertThat(frame.ownerEpoch()).as(where).isGreaterThanOrEqualTo(before.ownerEpoch());
              assertThat(frame.eventTimeWatermark())
                  .as(where)
                  .isGreaterThanOrEqualTo(before.eventTimeWatermark());
              for (int input = 0; input < frame.inputPositions().size(); input++) {
                assertThat(frame.inputPositions().get(input).offset())
                    .as(where)
                    .isGreaterThanOrEqualTo(before.inputPositions().get(input).offset());
              }
            }
            for (InputPosition last : chain.get(chain.size() - 1).inputPositions()) {
              TopicPartition partition = new TopicPartition(last.topic(), task);
              assertThat(group.get(partition).offset())
                  .as("offset of %s in its group and in the last frame", partition)
                  .isEqualTo(last.offset());
            }
          });
    }
  }

  /** {@return the folded changelog of a stage} */
  Changelog readChangelog(String stage) {
    TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
    Map<Integer, List<CommitFrame>> frames = new TreeMap<>();
    long records = 0;
    for (ConsumerRecord<byte[], byte[]> record :
        broker.consumeAll(job + "." + stage + ".changelog")) {
      records++;
      if (Arrays.equals(record.key(), FRAME_KEY)) {
        frames
            .computeIfAbsent(record.partition(), absent -> new ArrayList<>())
            .add(CommitFrame.decode(record.value()));
      } else if (record.value() == null) {
        rows.remove(record.key());
      } else {
        rows.put(record.key(), record.value());
      }
    }
    return new Changelog(rows, frames, offsets(stage), records);
  }

  private Map<TopicPartition, OffsetAndMetadata> offsets(String stage) {
    String group = job + "." + stage;
    return answer(
        () -> broker.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(group));
  }

  private void checkTransactions() {
    List<TransactionListing> ongoing =
        answer(
                () ->
                    broker
                        .admin()
                        .listTransactions(
                            new ListTransactionsOptions()
                                .filterStates(List.of(TransactionState.ONGOING)))
                        .all())
            .stream()
            .filter(listing -> listing.transactionalId().startsWith(job + "-"))
            .filter(listing -> !listing.transactionalId().endsWith("-feed"))
            .toList();
    assertThat(ongoing).as("transactions that are left open").isEmpty();
  }

  /** Asks again for a while if that fails: an admin client gives up calls to brokers that move. */
  private static <T> T answer(Supplier<KafkaFuture<T>> call) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        return call.get().get(30, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException | InterruptedException e) {
        if (e instanceof InterruptedException || System.nanoTime() - deadline > 0) {
          return fail("No answer from the broker", e);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
  }

  @Override
  public void close() {
    feed.close();
    copiesReader.close();
    totalsReader.close();
    windowsReader.close();
  }
}
