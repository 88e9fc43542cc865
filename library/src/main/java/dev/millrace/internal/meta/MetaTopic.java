package dev.millrace.internal.meta;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.KafkaClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The job's meta topic: one compacted partition with the manifest, the schemas, the announcements
 * of finished tasks, the pauses and the stop that were ordered, and how far dead letters are
 * replayed.
 *
 * <p>Keys: {@code manifest}; {@code deployment}; {@code schema:<8 hex digits>}; {@code
 * finished:<run>:<stage>:<task>}; {@code paused}, of the job; {@code paused:<source>}; {@code
 * stopped}; {@code replayed:<id of the topic>:<partition>}.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class MetaTopic implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(MetaTopic.class);
  private static final String MANIFEST = "manifest";
  private static final String DEPLOYMENT = "deployment";
  private static final String SCHEMA = "schema:";
  private static final String FINISHED = "finished:";
  private static final String PAUSED = "paused";
  private static final String PAUSED_SOURCE = PAUSED + ":";
  private static final String STOPPED = "stopped";
  private static final String REPLAYED = "replayed:";
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long MAX_EMPTY_POLLS = PATIENCE.toMillis() / POLL.toMillis();

  private final String topic;
  private final TopicPartition partition;
  private final Consumer<byte[], byte[]> reader;
  private Content content = new Content();

  /** The same, unless the topic is being read anew. */
  private Content reading = content;

  private boolean begun;

  /** The form of a manifest, which all of its forms have. */
  record Format(int format) {}

  /** The content of the topic, as far as it has been read. */
  private static final class Content {
    private final Map<Integer, byte[]> schemas = new HashMap<>();
    private final Set<String> finished = new HashSet<>();
    private final Set<String> pausedSources = new HashSet<>();
    private final Map<String, ReplayProgress> replays = new HashMap<>();
    private boolean paused;
    private boolean stopped;
    private @Nullable Manifest manifest;

    /** The form of the manifest, if this version does not know it; else 0. */
    private int unknownFormat;

    private @Nullable Deployment deployment;

    void apply(ConsumerRecord<byte[], byte[]> record) {
      if (record.key() == null) {
        return; // Not a record of the engine.
      }
      String key = new String(record.key(), StandardCharsets.UTF_8);
      byte[] value = record.value();
      if (key.equals(MANIFEST)) {
        int format = value == null ? 0 : RecordJson.read(value, Format.class).format();
        unknownFormat = format > Manifest.FORMAT ? format : 0;
        manifest =
            value == null || unknownFormat > 0 ? null : RecordJson.read(value, Manifest.class);
      } else if (key.equals(DEPLOYMENT)) {
        deployment = value == null ? null : RecordJson.read(value, Deployment.class);
      } else if (key.startsWith(SCHEMA) && value != null) {
        schemas.put(Integer.parseUnsignedInt(key.substring(SCHEMA.length()), 16), value);
      } else if (key.startsWith(FINISHED)) {
        String task = key.substring(FINISHED.length());
        if (value == null) {
          finished.remove(task);
        } else {
          finished.add(task);
        }
      } else if (key.equals(PAUSED)) {
        paused = value != null;
      } else if (key.startsWith(PAUSED_SOURCE)) {
        String source = key.substring(PAUSED_SOURCE.length());
        if (value == null) {
          pausedSources.remove(source);
        } else {
          pausedSources.add(source);
        }
      } else if (key.equals(STOPPED)) {
        stopped = value != null;
      } else if (key.startsWith(REPLAYED) && value != null) {
        replays.put(key, RecordJson.read(value, ReplayProgress.class));
      }
    }
  }

  /** Sets up the reading and writing of manifests, which takes a while, before the first one. */
  public static void prepare() {
    byte[] json = RecordJson.write(Manifest.first(new UUID(0, 0)));
    Manifest ignored = RecordJson.read(json, Manifest.class);
  }

  /** Makes a reader of the topic, which has to be there by the first refresh. */
  public MetaTopic(KafkaClients clients, String topic, String clientId) {
    this.topic = topic;
    this.partition = new TopicPartition(topic, 0);
    this.reader = clients.refreshConsumer(clientId);
  }

  /**
   * Reads all new records, up to what was the end when the call began. If the topic has lost some
   * that were read, to a leader that does not have them, it reads all of it anew: orders that are
   * written at their offsets would not be seen otherwise.
   *
   * @throws TimeoutException if brokers do not answer for a few seconds; what has been read counts
   */
  public synchronized void refresh() {
    try {
      read();
    } catch (OffsetOutOfRangeException e) {
      LOGGER
          .atWarn()
          .addKeyValue("topic", topic)
          .addKeyValue("cause", e.getMessage())
          .log("The topic has lost records that were read; it is read anew");
      readAnew();
      read();
    }
  }

  private void readAnew() {
    begun = false;
    reading = new Content();
  }

  private void read() {
    if (!begun) {
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      begun = true;
    }
    long end = reader.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
    long position = reader.position(partition, PATIENCE);
    if (position > end) {
      throw new OffsetOutOfRangeException(Map.of(partition, position));
    }
    int emptyPolls = 0;
    while (position < end) {
      ConsumerRecords<byte[], byte[]> records = reader.poll(POLL);
      apply(records);
      position = reader.position(partition, PATIENCE);
      emptyPolls = records.isEmpty() ? emptyPolls + 1 : 0;
      if (emptyPolls > MAX_EMPTY_POLLS) {
        throw new TimeoutException(
            "Topic " + topic + " cannot be read up to offset " + end + " at present");
      }
    }
    content = reading;
  }

  /**
   * The consumer has moved past all of them: after one that cannot be read, the rest is missing.
   */
  private void apply(ConsumerRecords<byte[], byte[]> records) {
    try {
      records.forEach(reading::apply);
    } catch (RuntimeException e) {
      readAnew();
      throw e;
    }
  }

  /**
   * {@return the manifest as of the last refresh}
   *
   * @throws IncompatibleJobException if a later version of Millrace has written it in another form
   */
  public synchronized Optional<Manifest> manifest() {
    if (content.unknownFormat > 0) {
      throw new IncompatibleJobException(
          "Cannot read the manifest in topic "
              + topic
              + ": a later version of Millrace has written it (format "
              + content.unknownFormat
              + ", this one knows "
              + Manifest.FORMAT
              + "). Use that version",
          Place.ofTopic(topic),
          null);
    }
    return Optional.ofNullable(content.manifest);
  }

  /** {@return the version that runs in this life of the job, as of the last refresh} */
  public synchronized Optional<Deployment> deployment(Manifest of) {
    return Optional.ofNullable(content.deployment)
        .filter(present -> present.resetEpoch() == of.resetEpoch());
  }

  /** {@return a schema as of the last refresh} */
  synchronized byte @Nullable [] schema(int id) {
    return content.schemas.get(id);
  }

  /** {@return whether every task of every stage has announced its end, as of the last refresh} */
  public synchronized boolean allFinished(Manifest of) {
    return of.stages().keySet().stream().allMatch(stage -> hasFinished(of, stage));
  }

  /** {@return whether every task of a stage has announced its end, as of the last refresh} */
  public synchronized boolean hasFinished(Manifest of, String stage) {
    Manifest.Stage known = of.stages().get(stage);
    for (int task = 0; known != null && task < known.tasks(); task++) {
      if (!content.finished.contains(of.run() + ":" + stage + ":" + task)) {
        return false;
      }
    }
    return known != null;
  }

  /**
   * {@return whether a later run has begun, as of the last refresh: none does before every task of
   * this one has announced its end}
   */
  public synchronized boolean hasRunAfter(Manifest of) {
    Manifest present = manifest().orElse(null);
    return present != null && present.isRunAfter(of);
  }

  /** {@return the pauses that are ordered, as of the last refresh} */
  public synchronized Pauses pauses() {
    return new Pauses(content.paused, content.pausedSources);
  }

  /** {@return how far a partition of dead letters is replayed, as of the last refresh} */
  public synchronized ReplayProgress replayProgress(String topicId, int number) {
    return content.replays.getOrDefault(replayKey(topicId, number), ReplayProgress.NONE);
  }

  /** {@return the record that keeps how far a partition of dead letters is replayed} */
  public ProducerRecord<byte[], byte[]> record(
      String topicId, int number, ReplayProgress progress) {
    return record(replayKey(topicId, number), RecordJson.write(progress));
  }

  /** The id, since a topic that is created again has other letters at the same offsets. */
  private static String replayKey(String topicId, int number) {
    return REPLAYED + topicId + ":" + number;
  }

  /** {@return the record that orders a pause of a source, or of the job} */
  public ProducerRecord<byte[], byte[]> pauseRecord(Optional<String> source) {
    return record(pauseKey(source), new byte[] {1});
  }

  /** {@return the record that takes the order of a pause back} */
  public ProducerRecord<byte[], byte[]> resumeRecord(Optional<String> source) {
    return record(pauseKey(source), null);
  }

  /** {@return whether the job is ordered not to run, as of the last refresh} */
  public synchronized boolean isStopped() {
    return content.stopped;
  }

  /** {@return the record that orders the job not to run} */
  public ProducerRecord<byte[], byte[]> stopRecord() {
    return record(STOPPED, new byte[] {1});
  }

  /** {@return the record that takes the order back} */
  public ProducerRecord<byte[], byte[]> startRecord() {
    return record(STOPPED, null);
  }

  private static String pauseKey(Optional<String> source) {
    return source.map(name -> PAUSED_SOURCE + name).orElse(PAUSED);
  }

  /** {@return the record that makes a manifest the present one} */
  public ProducerRecord<byte[], byte[]> record(Manifest newManifest) {
    return record(MANIFEST, RecordJson.write(newManifest));
  }

  /** {@return the record that makes a version the present one} */
  public ProducerRecord<byte[], byte[]> record(Deployment newDeployment) {
    return record(DEPLOYMENT, RecordJson.write(newDeployment));
  }

  /** {@return the record that keeps a schema} */
  public ProducerRecord<byte[], byte[]> schemaRecord(int id, byte[] schema) {
    return record(SCHEMA + String.format("%08x", id), schema);
  }

  /** {@return the record that announces a task's end} */
  public ProducerRecord<byte[], byte[]> finishedRecord(String run, String stage, int task) {
    return record(FINISHED + run + ":" + stage + ":" + task, new byte[] {1});
  }

  /** {@return the records that take back all announcements of ends, as of the last refresh} */
  public synchronized List<ProducerRecord<byte[], byte[]>> finishedTombstones() {
    return content.finished.stream().sorted().map(task -> record(FINISHED + task, null)).toList();
  }

  private ProducerRecord<byte[], byte[]> record(String key, byte @Nullable [] value) {
    return new ProducerRecord<>(topic, 0, null, key.getBytes(StandardCharsets.UTF_8), value);
  }

  @Override
  public synchronized void close() {
    KafkaClients.closeReader(reader);
  }
}
