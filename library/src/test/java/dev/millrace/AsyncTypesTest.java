package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.serde.TypeRef;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

final class AsyncTypesTest {

  record Score(String card, long points) {}

  private static CompletableFuture<Score> score(String card) {
    return CompletableFuture.completedFuture(new Score(card, 1));
  }

  private static CompletionStage<List<Score>> scores(String card) {
    return score(card).thenApply(List::of);
  }

  @Test
  void aMethodReferenceShowsTheTypeOfItsStagesValue() {
    AsyncFunction<String, Score> one = AsyncTypesTest::score;
    AsyncFunction<String, List<Score>> many = AsyncTypesTest::scores;
    assertThat(TypeInference.resultOf(one, AsyncFunction.class, 1, String.class))
        .contains(Score.class);
    assertThat(TypeInference.resultOf(many, AsyncFunction.class, 1, String.class))
        .contains(new TypeRef<List<Score>>() {}.type());
  }

  @Test
  void whereALambdaHidesTheTypeTheRemedyIsNamed() {
    Job job = Job.named("async");
    DataStream<String> cards = job.source(KafkaSource.strings("cards"));
    DataStream<Score> scores = cards.mapAsync(card -> score(card), Async.inFlight(10));
    assertThatThrownBy(() -> scores.keyBy(Score::card))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("mapAsync(TheType.class, ...)");
    cards
        .mapAsync(Score.class, card -> score(card), Async.inFlight(10))
        .keyBy(Score::card)
        .sum(Score::points)
        .to(KafkaSink.upsert("sums"));
    scores.returns(new TypeRef<Score>() {}).keyBy(Score::card);
    cards.mapAsync(AsyncTypesTest::score, Async.inFlight(1)).keyBy(Score::card);
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> Async.inFlight(0)).isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> Async.inFlight(1).timeout(Duration.ZERO))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> Async.inFlight(1).retries(-1))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Correct the numbers");
    assertThat(Async.inFlight(100).timeout(Duration.ofSeconds(2)).retries(3).longest())
        .isEqualTo(Duration.ofMillis(8_700));
  }

  /** As the error policy has it, whose retries hold where none are stated. */
  @Test
  void theFirstWaitIsAsStatedAndTheLaterOnesHaveALimit() {
    Async calls =
        Async.inFlight(1).timeout(Duration.ofSeconds(1)).retries(3, Duration.ofSeconds(30));
    assertThat(calls.waitBefore(1)).isEqualTo(Duration.ofSeconds(30));
    assertThat(calls.waitBefore(2)).isEqualTo(Duration.ofSeconds(10));
    assertThat(calls.longest()).isEqualTo(Duration.ofSeconds(4 + 30 + 10 + 10));
    Async soon = Async.inFlight(1).timeout(Duration.ofSeconds(1)).retries(4, Duration.ofSeconds(4));
    assertThat(soon.waitBefore(2)).isEqualTo(Duration.ofSeconds(8));
    assertThat(soon.waitBefore(3)).isEqualTo(Duration.ofSeconds(10));
    assertThat(soon.longest()).isEqualTo(Duration.ofSeconds(5 + 4 + 8 + 10 + 10));
    Async atOnce = Async.inFlight(1).timeout(Duration.ofSeconds(1)).retries(2, Duration.ZERO);
    assertThat(atOnce.waitBefore(2)).isZero();
    assertThat(atOnce.longest()).isEqualTo(Duration.ofSeconds(3));
  }

  /** It was taken for one of 10 s, so that the broker would have ended the transaction. */
  @Test
  void aFirstWaitThatDoesNotFitIntoATransactionIsRefused() {
    Job job = Job.named("async");
    job.source(KafkaSource.strings("cards"))
        .mapAsync(
            String.class,
            CompletableFuture::completedFuture,
            Async.inFlight(1).timeout(Duration.ofSeconds(1)).retries(1, Duration.ofSeconds(30)))
        .to(KafkaSink.strings("out"));
    JobConfig config = JobConfig.defaults().with("transaction.timeout", "20s");
    assertThatThrownBy(() -> Launcher.plan(PlanAccess.of(job), config))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("PT32S");
  }
}
