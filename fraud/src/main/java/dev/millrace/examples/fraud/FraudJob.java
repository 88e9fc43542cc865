package dev.millrace.examples.fraud;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import dev.millrace.time.Watermarks;
import java.time.Duration;

/**
 * A search for stolen cards: two or more tiny payments, by which a card is tried out, and then a
 * large one in another country, all within ten minutes. It raises one alert, with all of the tiny
 * payments.
 *
 * <p>Payments may be out of order by half a minute. The job goes by the times in them.
 *
 * <p>Arguments: {@code --topic} (payments), {@code --alerts TOPIC} (alerts), {@code --name} of the
 * job (fraud).
 */
public final class FraudJob implements JobDefinition {

  static final String PROBE = "probe";
  static final String LARGE = "large";
  static final Duration WITHIN = Duration.ofMinutes(10);
  static final Duration DISORDER = Duration.ofSeconds(30);

  private static final Pattern<Payment> STOLEN =
      Pattern.<Payment>begin(PROBE)
          .where(Payment::isProbe)
          .timesOrMore(2)
          .greedy()
          .followedBy(LARGE)
          .where(
              (payment, match) ->
                  payment.isLarge() && !payment.country().equals(match.first(PROBE).country()))
          .within(WITHIN)
          .skip(SkipStrategy.pastLast());

  @Override
  public Job define(JobArguments args) {
    Job job = Job.named(args.text("name", "fraud"));
    job.source(
            KafkaSource.json(args.text("topic", "payments"), Payment.class)
                .eventTime(Payment::at)
                .watermarks(
                    Watermarks.boundedOutOfOrderness(DISORDER).idleness(Duration.ofSeconds(10))))
        .keyBy(Payment::card)
        .match(STOLEN)
        .select(Alert.class, Alert::of)
        .to(KafkaSink.<Alert>json(args.text("alerts", "alerts")).key(Alert::card));
    return job;
  }
}
