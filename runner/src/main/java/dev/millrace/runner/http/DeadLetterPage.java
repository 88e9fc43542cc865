package dev.millrace.runner.http;

import dev.millrace.admin.PeekedRecord;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.LetterRange;
import dev.millrace.runner.host.Letters;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The page of the records that an error policy has put aside, with the reasons: the newest first,
 * and older ones by following {@code older}.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class DeadLetterPage {

  private static final int MOST = 500;
  private static final int DEFAULT = 50;
  private static final String PREFIX = "millrace.";

  private record Page(String topic, List<Letter> letters, List<Letters.Older> older) {}

  /** A dead letter: where it is, what failed, and why. */
  private record Letter(
      int partition,
      long offset,
      Instant timestamp,
      @Nullable Origin origin,
      @Nullable String stage,
      @Nullable String operator,
      @Nullable String exception,
      @Nullable String message,
      Map<String, String> more,
      Map<String, String> headers,
      @Nullable Object key,
      @Nullable Object value) {}

  /** The record that failed. */
  private record Origin(String topic, int partition, long offset) {}

  private final HostedJob job;

  DeadLetterPage(HostedJob job) {
    this.job = job;
  }

  /** Answers some dead letters. */
  Answer letters(Request request) {
    Pages.checkJob(job, request);
    OptionalInt partition = request.number("partition", 0, Integer.MAX_VALUE);
    OptionalLong before = request.offset("before");
    if (before.isPresent() && partition.isEmpty()) {
      throw Problem.badRequest("Cannot read before: an offset is one of a partition. Give both");
    }
    int most = request.number("limit", 1, MOST).orElse(DEFAULT);
    Letters letters = Pages.ofKafka(() -> job.letters(new LetterRange(partition, before, most)));
    return Answer.json(
        new Page(
            letters.topic(),
            letters.records().stream().map(DeadLetterPage::view).toList(),
            letters.older()));
  }

  private static Letter view(PeekedRecord record) {
    Map<String, String> ours = new TreeMap<>();
    Map<String, String> theirs = new TreeMap<>();
    record
        .headers()
        .forEach(
            (name, value) -> {
              if (name.startsWith(PREFIX)) {
                ours.put(name.substring(PREFIX.length()), value);
              } else {
                theirs.put(name, value);
              }
            });
    return new Letter(
        record.partition(),
        record.offset(),
        Instant.ofEpochMilli(record.timestampMs()),
        origin(ours.remove("topic"), ours.remove("partition"), ours.remove("offset")),
        ours.remove("stage"),
        ours.remove("operator"),
        ours.remove("exception"),
        ours.remove("message"),
        ours,
        theirs,
        record.key(),
        record.value());
  }

  private static @Nullable Origin origin(
      @Nullable String topic, @Nullable String partition, @Nullable String offset) {
    if (topic == null || partition == null || offset == null) {
      return null;
    }
    try {
      return new Origin(topic, Integer.parseInt(partition), Long.parseLong(offset));
    } catch (NumberFormatException writtenByOthers) {
      return null;
    }
  }
}
