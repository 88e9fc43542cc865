package dev.millrace;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import org.junit.jupiter.api.Test;

final class JobArgumentsTest {

  @Test
  void anArgumentThatNobodyAskedForIsRefusedWithThoseThatThereAre() {
    JobArguments arguments = JobArguments.of("--window", "5m");
    arguments.has("output");
    assertThatThrownBy(arguments::checkAllUsed)
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "Cannot define the job: the argument --window is unknown. Known are [--output]");
  }

  @Test
  void whereAJobTakesNoneTheErrorSaysSo() {
    JobArguments arguments = JobArguments.of("--window", "5m");
    assertThatThrownBy(arguments::checkAllUsed)
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("Cannot define the job: the argument --window is unknown. The job takes none");
  }
}
