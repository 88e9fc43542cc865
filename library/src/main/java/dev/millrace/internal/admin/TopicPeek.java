package dev.millrace.internal.admin;

import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaSchemas;
import dev.millrace.internal.meta.MetaTopic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * The reading of a topic in a form for people.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class TopicPeek {

  private static final Duration POLL = Duration.ofMillis(200);

  private final Cluster cluster;
  private final String topic;

  TopicPeek(Cluster cluster, String topic) {
    this.cluster = cluster;
    this.topic = topic;
  }

  void read(PeekRequest request, Predicate<PeekedRecord> reader) {
    TopicState state = cluster.topics().describe(List.of(topic)).get(topic);
    if (state == null) {
      throw new ConfigurationException(
          "Cannot peek into topic "
              + topic
              + ": there is no such topic at "
              + cluster.config().bootstrapServers()
              + ".",
          Place.ofTopic(topic),
          null);
    }
    List<TopicPartition> partitions = partitions(request, state);
    Map<TopicPartition, Long> ends =
        cluster.offsets().ends(partitions, IsolationLevel.READ_COMMITTED);
    try (Decoding decoding = decoding()) {
      Consumer<byte[], byte[]> consumer = consumer(request);
      try {
        consumer.assign(partitions);
        Map<TopicPartition, Long> beginnings = cluster.offsets().beginnings(partitions);
        for (TopicPartition partition : partitions) {
          long beginning = beginnings.getOrDefault(partition, 0L);
          long end = ends.getOrDefault(partition, 0L);
          consumer.seek(partition, start(request, beginning, end));
        }
        read(request, reader, consumer, ends, decoding.decoder());
      } finally {
        KafkaClients.closeReader(consumer);
      }
    }
  }

  /** {@return a reader that waits for records only if the request does} */
  private Consumer<byte[], byte[]> consumer(PeekRequest request) {
    return request.atEnd() == PeekRequest.AtEnd.WAIT
        ? cluster.clients().readerConsumer("millrace-peek", IsolationLevel.READ_COMMITTED)
        : cluster.clients().refreshConsumer("millrace-peek");
  }

  private List<TopicPartition> partitions(PeekRequest request, TopicState state) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < state.partitions(); i++) {
      if (request.partition().orElse(i) == i) {
        partitions.add(new TopicPartition(topic, i));
      }
    }
    if (partitions.isEmpty()) {
      throw new ConfigurationException(
          "Cannot peek into partition "
              + request.partition().orElse(-1)
              + " of topic "
              + topic
              + ": it has partitions 0 to "
              + (state.partitions() - 1)
              + ".",
          Place.ofPartition(topic, request.partition().orElse(-1)),
          null);
    }
    return partitions;
  }

  private static long start(PeekRequest request, long beginning, long end) {
    return switch (request.start()) {
      case BEGINNING -> beginning;
      case END -> end;
      case LAST -> Math.max(beginning, end - request.last());
      case OFFSET -> Math.max(beginning, Math.min(end, request.last()));
    };
  }

  private static void read(
      PeekRequest request,
      Predicate<PeekedRecord> reader,
      Consumer<byte[], byte[]> consumer,
      Map<TopicPartition, Long> ends,
      RecordView view) {
    boolean follow = request.atEnd() == PeekRequest.AtEnd.WAIT;
    ScanToEnd scan = new ScanToEnd(consumer, ends);
    long left = request.limit().orElse(Long.MAX_VALUE);
    while (left > 0 && !Thread.currentThread().isInterrupted() && (follow || scan.isBehind())) {
      for (ConsumerRecord<byte[], byte[]> record : follow ? consumer.poll(POLL) : scan.poll()) {
        if (left > 0) {
          left--;
          if (!reader.test(peeked(record, view))) {
            return;
          }
        }
      }
    }
  }

  private static PeekedRecord peeked(ConsumerRecord<byte[], byte[]> record, RecordView view) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), String.valueOf(RecordView.text(header.value())));
    }
    RecordView.Seen seen = view.see(record.key(), record.value());
    return new PeekedRecord(
        seen.kind(),
        record.topic(),
        record.partition(),
        record.offset(),
        record.timestamp(),
        headers,
        seen.key(),
        seen.value(),
        record.key(),
        record.value());
  }

  // ------------------------------------------------------------------ what the topic is

  /** A decoder, and the meta topic that it reads schemas from. */
  private record Decoding(RecordView decoder, Optional<MetaTopic> meta) implements AutoCloseable {
    @Override
    public void close() {
      meta.ifPresent(MetaTopic::close);
    }
  }

  private Decoding decoding() {
    Optional<JobNames> owner = owner();
    if (owner.isEmpty()) {
      return new Decoding(RecordView.plain(), Optional.empty());
    }
    JobNames names = owner.get();
    if (topic.equals(names.metaTopic())) {
      return new Decoding(RecordView.ofMeta(), Optional.empty());
    }
    if (topic.equals(names.statusTopic())) {
      return new Decoding(RecordView.ofStatus(), Optional.empty());
    }
    MetaTopic meta = JobInspector.openMeta(cluster, names);
    Optional<RecordView> view = Optional.empty();
    try {
      view = view(meta, names);
    } finally {
      if (view.isEmpty()) {
        meta.close(); // Who fails to read it, as while brokers are away, would leave it open.
      }
    }
    return view.map(known -> new Decoding(known, Optional.of(meta)))
        .orElseGet(() -> new Decoding(RecordView.plain(), Optional.empty()));
  }

  /** {@return the view of a topic between or within stages; empty if it is none} */
  private Optional<RecordView> view(MetaTopic meta, JobNames names) {
    meta.refresh();
    Manifest manifest = meta.manifest().orElse(null);
    if (manifest != null) {
      for (Map.Entry<String, Manifest.Stage> stage : manifest.stages().entrySet()) {
        if (topic.equals(names.changelog(stage.getKey()))) {
          return Optional.of(
              RecordView.ofChangelog(new MetaSchemas(meta), stage.getValue().storeIds().names()));
        }
        if (stage.getValue().inputs(Manifest.InputKind.SHUFFLE).contains(topic)) {
          return Optional.of(RecordView.ofShuffle(new MetaSchemas(meta)));
        }
      }
    }
    return Optional.empty();
  }

  /** {@return the job whose name the topic's name begins with, the longest if there are several} */
  private Optional<JobNames> owner() {
    Map<String, JobNames> candidates = new HashMap<>();
    for (int dot = topic.indexOf('.'); dot > 0; dot = topic.indexOf('.', dot + 1)) {
      JobNames names = new JobNames(topic.substring(0, dot));
      candidates.put(names.metaTopic(), names);
    }
    return candidates.isEmpty()
        ? Optional.empty()
        : cluster.topics().describe(candidates.keySet()).keySet().stream()
            .flatMap(meta -> Optional.ofNullable(candidates.get(meta)).stream())
            .max(Comparator.comparingInt(names -> names.job().length()));
  }
}
