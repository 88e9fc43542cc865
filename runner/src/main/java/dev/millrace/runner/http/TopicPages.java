package dev.millrace.runner.http;

import dev.millrace.admin.PeekedRecord;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.PeekedRecords;
import dev.millrace.runner.output.Json;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The page of the newest records of a topic, decoded as {@code runner.jar peek} does; only of
 * topics that the job reads, writes or keeps.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class TopicPages {

  private static final int USUAL_RECORDS = 50;
  private static final int MOST_RECORDS = 200;
  private static final int MOST_PARTITIONS = 1_000_000;

  /** The newest records of a topic, newest first. */
  private record Records(
      String topic, int partitions, boolean complete, List<RecordView> records) {}

  /** A record; what cannot be decoded is text or hexadecimal. */
  private record RecordView(
      int partition,
      long offset,
      Instant timestamp,
      String kind,
      Map<String, String> headers,
      @Nullable Object key,
      @Nullable Object value) {}

  private final HostedJob job;

  TopicPages(HostedJob job) {
    this.job = job;
  }

  /** Answers the newest records of a topic. */
  Answer records(Request request) {
    Pages.checkJob(job, request);
    String topic = request.name("topic");
    Set<String> topics = topics();
    if (!topics.contains(topic)) {
      throw Problem.notFound(
          "Cannot show topic '"
              + topic
              + "': it is none of job '"
              + job.name()
              + "'. It has "
              + String.join(", ", topics));
    }
    int limit = request.number("limit", 1, MOST_RECORDS).orElse(USUAL_RECORDS);
    OptionalInt partition = request.number("partition", 0, MOST_PARTITIONS);
    PeekedRecords seen = Pages.ofKafka(() -> job.newestRecords(topic, partition, limit));
    return Answer.json(
        new Records(
            topic,
            seen.partitions(),
            seen.complete(),
            seen.records().stream().map(TopicPages::view).toList()));
  }

  private static RecordView view(PeekedRecord record) {
    return new RecordView(
        record.partition(),
        record.offset(),
        Instant.ofEpochMilli(record.timestampMs()),
        record.kind().name().toLowerCase(Locale.ROOT),
        record.headers(),
        record.key(),
        record.value());
  }

  /** {@return the topics of the job, in their order} */
  private Set<String> topics() {
    Set<String> topics = new TreeSet<>(job.plan().userTopics());
    topics.add(job.config().errorsTopic().orElse(job.name() + ".errors"));
    for (JsonNode stage : Json.PRETTY.readTree(job.plan().toJson()).get("stages")) {
      for (String field : List.of("inputs", "tables", "changelog")) {
        if (stage.has(field)) {
          addTexts(stage.get(field), topics);
        }
      }
      stage.get("shuffles").forEach(shuffle -> addTexts(shuffle.get("topic"), topics));
    }
    return topics;
  }

  private static void addTexts(JsonNode node, Set<String> target) {
    if (node.isArray()) {
      node.forEach(one -> target.add(one.asString()));
    } else {
      target.add(node.asString());
    }
  }
}
