package dev.millrace.internal.admin;

import dev.millrace.admin.LetterFilter;
import dev.millrace.admin.LetterKind;
import dev.millrace.admin.LetterState;
import dev.millrace.admin.ReplayPlan;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.admin.ReplayResult;
import dev.millrace.admin.StoredLetter;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.meta.ReplayProgress;
import dev.millrace.internal.stage.LetterHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * The replay of a job's dead letters: their records go back to where they came from, each once,
 * however often a replay is killed and begun again.
 *
 * <p>I1: a transaction has records and, as records of the job's meta topic, how far the partitions
 * of letters are replayed with them: both are there or neither is. I2: replays of a job have one
 * transactional id. One that begins ends the open transaction of the one before, and reads how far
 * that has come only then; one that is still at work is fenced. From I1 and I2 it follows that no
 * letter is replayed twice. I3: {@link ReplayProgress} covers a letter only if it is dealt with, so
 * that none is lost to a filter or a limit.
 *
 * <p>The progress is not kept as offsets of a group, since brokers forget those of a group that has
 * no members, after a week if nothing is set, and letters may be there for longer.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobReplay {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  /** Few enough that a transaction never takes long, many enough that commits cost little. */
  private static final int LETTERS_PER_TRANSACTION = 500;

  private static final long BYTES_PER_TRANSACTION = 4 << 20;

  private final Cluster cluster;
  private final JobNames names;
  private final int lettersPerTransaction;

  JobReplay(Cluster cluster, String job) {
    this(cluster, job, LETTERS_PER_TRANSACTION);
  }

  JobReplay(Cluster cluster, String job, int lettersPerTransaction) {
    this.cluster = cluster;
    this.names = new JobNames(job);
    this.lettersPerTransaction = lettersPerTransaction;
  }

  /**
   * Shows the letters that a filter takes, from the first that is there, until the reader stops.
   */
  void list(LetterFilter filter, Predicate<StoredLetter> reader) {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Optional<LetterTopic> found = LetterTopic.of(cluster, names.job());
      if (found.isEmpty()) {
        return;
      }
      LetterTopic topic = found.get();
      Judge judge = judge(meta, topic, ReplayRequest.Lives.PRESENT);
      topic.read(
          cluster,
          names.job(),
          partition -> 0,
          letter -> !filter.matches(letter.kind()) || reader.test(stored(letter, judge)));
    }
  }

  private static StoredLetter stored(Letter letter, Judge judge) {
    ConsumerRecord<byte[], byte[]> record = letter.stored();
    RecordView.Seen seen = RecordView.plain().see(record.key(), record.value());
    boolean hasPlace = letter.recordOffset() >= 0;
    return new StoredLetter(
        record.partition(),
        record.offset(),
        Instant.ofEpochMilli(record.timestamp()),
        judge.stateOf(letter),
        letter.kind(),
        letter.message(),
        hasPlace ? OptionalInt.of(letter.recordPartition()) : OptionalInt.empty(),
        hasPlace ? OptionalLong.of(letter.recordOffset()) : OptionalLong.empty(),
        letter.parts(),
        seen.key(),
        seen.value());
  }

  /** {@return what a replay would do now} */
  ReplayPlan plan(ReplayRequest request) {
    Map<LetterKind, ReplayPlan.Letters> letters = new LinkedHashMap<>();
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      checkTarget(request);
      Optional<LetterTopic> topic = LetterTopic.of(cluster, names.job());
      if (topic.isPresent()) {
        count(topic.get(), judge(meta, topic.get(), request.lives()), request, letters);
      }
    }
    return new ReplayPlan(
        names.job(),
        request,
        LetterTopic.nameOf(cluster, names.job()),
        List.copyOf(letters.values()));
  }

  private void count(
      LetterTopic topic,
      Judge judge,
      ReplayRequest request,
      Map<LetterKind, ReplayPlan.Letters> letters) {
    long[] left = {request.limit().orElse(Long.MAX_VALUE)};
    topic.read(
        cluster,
        names.job(),
        judge::start,
        letter -> {
          LetterState state = judge.stateOf(letter);
          boolean isSelected =
              state == LetterState.PENDING
                  && left[0] > 0
                  && request.filter().matches(letter.kind());
          left[0] -= isSelected ? 1 : 0;
          if (state != LetterState.REPLAYED) {
            ReplayPlan.Letters one =
                new ReplayPlan.Letters(letter.kind(), state, 1, isSelected ? 1 : 0);
            letters.merge(letter.kind(), one, JobReplay::sum);
          }
          return true;
        });
  }

  private static ReplayPlan.Letters sum(ReplayPlan.Letters a, ReplayPlan.Letters b) {
    return new ReplayPlan.Letters(
        a.kind(), a.state(), a.count() + b.count(), a.selected() + b.selected());
  }

  /** Replays what the request of a plan selects among the letters that are there by now. */
  ReplayResult execute(ReplayRequest request) {
    checkTarget(request);
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Optional<LetterTopic> topic = LetterTopic.of(cluster, names.job());
      if (topic.isEmpty()) {
        return new ReplayResult(names.job(), 0, 0);
      }
      Set<String> written = written(meta, request);
      cluster.transactions().settle(names.replayId(), written);
      Producer<byte[], byte[]> producer =
          cluster.clients().transactionalProducer(names.replayId(), names.replayId());
      try {
        producer.initTransactions();
        Judge judge = judge(meta, topic.get(), request.lives());
        try (OriginalRecords originals = new OriginalRecords(cluster)) {
          Run run = new Run(request, judge, meta, topic.get(), producer, originals);
          topic.get().read(cluster, names.job(), judge::start, run::take);
          run.commit();
          // Else readers would wait for what is reported as replayed, until another replay looks.
          cluster.transactions().settle(names.replayId(), written);
          return new ReplayResult(names.job(), run.replayed, run.gone);
        }
      } catch (KafkaException e) {
        throw brokenOff(e);
      } finally {
        producer.close(CLOSE_TIMEOUT);
      }
    }
  }

  /** The topics that this replay may write to, and former ones may have written to. */
  private Set<String> written(MetaTopic meta, ReplayRequest request) {
    meta.refresh();
    Manifest manifest = meta.manifest().orElseThrow(() -> JobInspector.noSuchJob(cluster, names));
    Set<String> topics = new TreeSet<>();
    for (Manifest.Stage stage : manifest.stages().values()) {
      topics.addAll(stage.inputs(Manifest.InputKind.SOURCE));
    }
    request.target().ifPresent(topics::add);
    topics.add(names.metaTopic());
    return topics;
  }

  private void checkTarget(ReplayRequest request) {
    request
        .target()
        .filter(this::isOwn)
        .ifPresent(
            own -> {
              throw new ConfigurationException(
                  "Cannot replay dead letters into topic "
                      + own
                      + ": only job '"
                      + names.job()
                      + "' itself may write to it. Name a topic that it reads.",
                  Place.ofTopic(own),
                  null);
            });
    request
        .target()
        .filter(target -> !cluster.topics().describe(List.of(target)).containsKey(target))
        .ifPresent(
            missing -> {
              throw new ConfigurationException(
                  "Cannot replay dead letters into topic "
                      + missing
                      + ": there is no such topic at "
                      + cluster.config().bootstrapServers()
                      + ". Create it, or correct its name.",
                  Place.ofTopic(missing),
                  null);
            });
  }

  private boolean isOwn(String topic) {
    return names.isOfAStage(topic)
        || topic.equals(names.metaTopic())
        || topic.equals(names.statusTopic())
        || topic.equals(LetterTopic.nameOf(cluster, names.job()));
  }

  private RuntimeException brokenOff(KafkaException cause) {
    String what = "replay the dead letters of job '" + names.job() + "'";
    if (cause instanceof ProducerFencedException
        || cause instanceof InvalidProducerEpochException) {
      return new JobStateException(
          "Cannot "
              + what
              + " any further: another replay of them has begun. It continues from where this one"
              + " was; nothing is lost or repeated.",
          Place.ofJob(names.job()),
          cause);
    }
    boolean isOfReading =
        cause instanceof TopicAuthorizationException topics
            && topics.unauthorizedTopics().contains(LetterTopic.nameOf(cluster, names.job()));
    RuntimeException explained =
        MissingRights.explained(cause, what, isOfReading ? "READ" : "WRITE", names.replayId());
    return explained != cause
        ? explained
        : new MillraceException(
            "Cannot "
                + what
                + " any further: the replay was interrupted ("
                + cause.getMessage()
                + "). Run it again: it continues from where it was, and repeats nothing",
            Place.ofJob(names.job()),
            cause);
  }

  private Judge judge(MetaTopic meta, LetterTopic topic, ReplayRequest.Lives lives) {
    meta.refresh();
    Manifest manifest = meta.manifest().orElseThrow(() -> JobInspector.noSuchJob(cluster, names));
    Set<String> sources = new HashSet<>();
    Set<String> tables = new HashSet<>();
    for (Manifest.Stage stage : manifest.stages().values()) {
      sources.addAll(stage.inputs(Manifest.InputKind.SOURCE));
      tables.addAll(stage.inputs(Manifest.InputKind.TABLE));
    }
    List<ReplayProgress> progress = new ArrayList<>();
    for (int i = 0; i < topic.partitions(); i++) {
      progress.add(meta.replayProgress(topic.id(), i));
    }
    String life = LetterHeaders.life(UUID.fromString(manifest.jobUuid()), manifest.resetEpoch());
    return new Judge(
        names,
        lives == ReplayRequest.Lives.ALL ? Optional.empty() : Optional.of(life),
        cluster.topics().describe(sources),
        tables,
        progress);
  }

  /**
   * The judgement on letters.
   *
   * @param life the life of the job whose letters are meant; empty means all
   * @param sources the topics that the job reads, as far as they exist
   * @param tables those of its tables
   * @param progress how far each partition of letters is replayed
   */
  private record Judge(
      JobNames names,
      Optional<String> life,
      Map<String, TopicState> sources,
      Set<String> tables,
      List<ReplayProgress> progress) {

    long start(int partition) {
      return progress.get(partition).upTo();
    }

    /** All letters of a kind that are not dealt with have the same state. */
    LetterState stateOf(Letter letter) {
      LetterKind kind = letter.kind();
      if (kind.topic().isEmpty() || letter.recordOffset() < 0) {
        return LetterState.RESULT;
      }
      if (tables.contains(kind.topic())) {
        return LetterState.TABLE_ROW;
      }
      boolean isSource = sources.containsKey(kind.topic());
      if (!isSource && names.isOfAStage(kind.topic())) {
        return LetterState.WITHIN_JOB;
      }
      ConsumerRecord<byte[], byte[]> stored = letter.stored();
      if (progress.get(stored.partition()).covers(kind, stored.offset())) {
        return LetterState.REPLAYED;
      }
      if (life.filter(present -> !present.equals(kind.life())).isPresent()) {
        return LetterState.FORMER_LIFE;
      }
      return isSource ? LetterState.PENDING : LetterState.NO_SOURCE;
    }
  }

  /** A replay at work. */
  private final class Run {
    private final ReplayRequest request;
    private final Judge judge;
    private final MetaTopic meta;
    private final LetterTopic topic;
    private final Producer<byte[], byte[]> producer;
    private final OriginalRecords originals;
    private final Map<Integer, Stretch> stretches = new HashMap<>();
    private final List<ProducerRecord<byte[], byte[]>> ready = new ArrayList<>();
    private long readyBytes;
    private boolean isDue;
    private long left;
    private long replayed;
    private long gone;

    Run(
        ReplayRequest request,
        Judge judge,
        MetaTopic meta,
        LetterTopic topic,
        Producer<byte[], byte[]> producer,
        OriginalRecords originals) {
      this.request = request;
      this.judge = judge;
      this.meta = meta;
      this.topic = topic;
      this.producer = producer;
      this.originals = originals;
      this.left = request.limit().orElse(Long.MAX_VALUE);
    }

    boolean take(Letter letter) {
      ConsumerRecord<byte[], byte[]> stored = letter.stored();
      LetterState state = judge.stateOf(letter);
      boolean isSelected = state == LetterState.PENDING && request.filter().matches(letter.kind());
      if (isSelected && left == 0) {
        return false;
      }
      Stretch stretch = stretches.computeIfAbsent(stored.partition(), absent -> new Stretch());
      stretch.end = stored.offset() + 1;
      if (isSelected) {
        stretch.kinds.add(letter.kind());
        left--;
        prepare(letter);
      } else if (state.isReplayable()) {
        stretch.firstLeft = Math.min(stretch.firstLeft, stored.offset());
      }
      if (ready.size() >= lettersPerTransaction || readyBytes >= BYTES_PER_TRANSACTION) {
        commit();
      }
      return true;
    }

    private void prepare(Letter letter) {
      isDue = true;
      ConsumerRecord<byte[], byte[]> stored = letter.stored();
      if (letter.isWhole()) {
        add(letter, stored.key(), stored.value(), letter.original(), letter.recordTimestampMs());
        return;
      }
      Optional<ConsumerRecord<byte[], byte[]>> found = originals.find(letter);
      if (found.isEmpty()) {
        gone++;
        return;
      }
      ConsumerRecord<byte[], byte[]> record = found.get();
      add(
          letter,
          record.key(),
          record.value(),
          List.of(record.headers().toArray()),
          record.timestamp());
    }

    private void add(
        Letter letter,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<Header> headers,
        long timestampMs) {
      ready.add(
          new ProducerRecord<>(
              request.target().orElse(letter.kind().topic()),
              partition(letter),
              timestampMs < 0 ? null : timestampMs,
              key,
              value,
              headers));
      readyBytes += (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
    }

    /** The record's own partition, unless the topic has been created again with fewer. */
    private @Nullable Integer partition(Letter letter) {
      TopicState state = judge.sources().get(letter.kind().topic());
      int partition = letter.recordPartition();
      boolean isThere =
          request.target().isEmpty()
              && state != null
              && partition >= 0
              && partition < state.partitions();
      return isThere ? partition : null;
    }

    /** Puts back what is ready, and notes with it how far each partition has come. */
    void commit() {
      if (!isDue) {
        return;
      }
      producer.beginTransaction();
      try {
        ready.forEach(producer::send);
        // Last, so that the transaction is open for as short a time as can be where all read.
        stretches.forEach(
            (partition, stretch) ->
                producer.send(
                    meta.record(
                        topic.id(),
                        partition,
                        judge
                            .progress()
                            .get(partition)
                            .after(
                                Math.min(stretch.firstLeft, stretch.end),
                                stretch.kinds,
                                stretch.end))));
        producer.commitTransaction();
      } catch (KafkaException e) {
        abort(e);
        throw e;
      }
      replayed += ready.size();
      ready.clear();
      readyBytes = 0;
      isDue = false;
    }

    private void abort(KafkaException cause) {
      try {
        producer.abortTransaction();
      } catch (KafkaException | IllegalStateException e) {
        // Fenced, or the commit is under way: the next replay finds out what became of it.
        cause.addSuppressed(e);
      }
    }
  }

  /** The part of a partition that a replay has looked at. */
  private static final class Stretch {
    private final Set<LetterKind> kinds = new HashSet<>();
    private long firstLeft = Long.MAX_VALUE;
    private long end;
  }
}
