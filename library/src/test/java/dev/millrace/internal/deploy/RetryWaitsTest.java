package dev.millrace.internal.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RetryWaitsTest {

  @ParameterizedTest
  @CsvSource({
    "0, PT1H, PT0S",
    "1, PT0.1S, PT0.1S",
    "4, PT0.1S, PT1.5S",
    // 1, 2, 4, 8, and 10 from then on.
    "6, PT1S, PT35S",
    // The first wait is what was asked for, whatever it is.
    "3, PT30S, PT50S",
    "1000000, PT0S, PT0S",
    "1000000, PT10S, PT10000000S",
  })
  void waitsDoubleUpToTenSeconds(int retries, Duration first, Duration total) {
    ErrorPolicy policy = ErrorPolicy.skip().retries(retries, first);
    assertThat(policy.totalWait()).isEqualTo(total);
    Duration sum = Duration.ZERO;
    for (int retry = 1; retry <= Math.min(retries, 1_000); retry++) {
      sum = sum.plus(policy.waitBefore(retry));
    }
    if (retries <= 1_000) {
      assertThat(sum).isEqualTo(total);
    }
  }

  @Test
  void aStepThatWouldRetryForLongerThanItsGroupIsPatientIsRefused() {
    Job job = job(ErrorPolicy.skip().retries(6, Duration.ofSeconds(1)));
    assertThatThrownBy(() -> Millrace.plan(job, JobConfig.defaults()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot retry records in 'checked' 6 times")
        .hasMessageContaining("35.0 s")
        .hasMessageContaining("kafka.consumer.max.poll.interval.ms");
    JobConfig patient = JobConfig.defaults().with("kafka.consumer.max.poll.interval.ms", "70000");
    assertThatCode(() -> Millrace.plan(job, patient)).doesNotThrowAnyException();
  }

  @Test
  void theSettingsOfAllStepsAreCheckedToo() {
    Job job = job(ErrorPolicy.skip());
    JobConfig config =
        JobConfig.defaults().with("errors.retries", "100").with("errors.retry.backoff", "1s");
    assertThatThrownBy(() -> Millrace.plan(job, config))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot retry records in 'words' 100 times");
  }

  @Test
  void aPollIntervalThatIsNoNumberIsNamed() {
    JobConfig config = JobConfig.defaults().with("kafka.consumer.max.poll.interval.ms", "1m");
    assertThatThrownBy(() -> Millrace.plan(job(ErrorPolicy.skip()), config))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'1m' is no number");
  }

  private static Job job(ErrorPolicy policy) {
    Job job = Job.named("retries");
    job.source(KafkaSource.strings("words"))
        .map(String.class, word -> word)
        .name("checked")
        .onError(policy)
        .to(KafkaSink.strings("copies"));
    return job;
  }
}
