package dev.millrace.chaos;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.KeyedStream;
import dev.millrace.MatchedStream;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * Looks for three patterns among the purchases of each card: three in a row with partial matches
 * that run out of time, pairs that do not overlap, and what does not follow.
 *
 * <p>Arguments: {@code --job --in --out}, the job's name and its topics.
 */
public final class MatchesJob implements JobDefinition {

  static final Duration BOUND = Duration.ofMillis(1_000);
  static final Duration WITHIN = Duration.ofMillis(3_000);
  static final Duration PAIRS_WITHIN = Duration.ofMillis(1_500);
  static final Duration SILENCE = Duration.ofMillis(800);

  /** Something that was bought. */
  public record Purchase(String card, long number, long timeMs, int amount, String country) {

    boolean isSmall() {
      return amount < 25;
    }

    boolean isAbroad(Purchase from) {
      return !country.equals(from.country);
    }

    boolean isLarge() {
      return amount >= 70;
    }
  }

  /** What was found: of which kind, by which purchases, and when it ended. */
  public record Found(String kind, String card, List<Long> numbers, long endMs) {

    static Found of(String kind, List<Purchase> purchases, long endMs) {
      return new Found(
          kind, purchases.get(0).card(), purchases.stream().map(Purchase::number).toList(), endMs);
    }
  }

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("job"));
    KeyedStream<String, Purchase> byCard =
        job.source(
                KafkaSource.json(arguments.text("in"), Purchase.class)
                    .eventTime(purchase -> Instant.ofEpochMilli(purchase.timeMs()))
                    .watermarks(
                        Watermarks.boundedOutOfOrderness(BOUND).idleness(Duration.ofHours(1))))
            .keyBy(Purchase::card)
            .parallelism(4);
    OutputTag<Unfinished<Purchase>> tag = Unfinished.tag("unfinished", Purchase.class);
    DataStream<Found> fraud = found("fraud", byCard.match(fraud()).unfinishedTo(tag));
    write(fraud, arguments);
    write(fraud.sideOutput(tag).map(Found.class, MatchesJob::unfinished), arguments);
    write(found("pairs", byCard.match(pairs())), arguments);
    write(found("silence", byCard.match(silence())), arguments);
    return job;
  }

  private static DataStream<Found> found(String kind, MatchedStream<String, Purchase> matched) {
    return matched
        .ordered(Comparator.comparingLong(Purchase::number))
        .select(Found.class, match -> Found.of(kind, match.events(), match.end().toEpochMilli()))
        .name(kind);
  }

  private static Found unfinished(Unfinished<Purchase> partial) {
    List<Purchase> purchases = partial.events().values().stream().flatMap(List::stream).toList();
    return Found.of("unfinished", purchases, partial.end().toEpochMilli());
  }

  private static void write(DataStream<Found> found, JobArguments arguments) {
    found.to(KafkaSink.<Found>json(arguments.text("out")).key(Found::card));
  }

  private static Pattern<Purchase> fraud() {
    return Pattern.<Purchase>begin("small")
        .where(Purchase::isSmall)
        .followedBy("abroad")
        .where((purchase, match) -> purchase.isAbroad(match.first("small")))
        .followedBy("large")
        .where(Purchase::isLarge)
        .within(WITHIN);
  }

  private static Pattern<Purchase> pairs() {
    return Pattern.<Purchase>begin("large")
        .where(Purchase::isLarge)
        .times(2)
        .within(PAIRS_WITHIN)
        .skip(SkipStrategy.pastLast());
  }

  private static Pattern<Purchase> silence() {
    return Pattern.<Purchase>begin("small")
        .where(Purchase::isSmall)
        .notFollowedBy("large")
        .where(Purchase::isLarge)
        .within(SILENCE);
  }
}
