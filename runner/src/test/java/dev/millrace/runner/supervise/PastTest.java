package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PastTest {

  @Test
  void aLineHasAllOfIt() {
    Past past =
        new Past(
            7,
            Optional.of(
                new ChildFailure(
                    Instant.parse("2026-01-01T00:00:00.123Z"),
                    137,
                    List.of("Cannot go on: größer", "", " with spaces "))));
    assertThat(past.toLine()).doesNotContain("\n");
    assertThat(Past.ofLine(past.toLine())).isEqualTo(past);
    assertThat(Past.ofLine(Past.NONE.toLine())).isEqualTo(Past.NONE);
  }

  @Test
  void theLastLineOfTheLogTellsWhyAProcessHasEndedUnlessOthersHaveEndedIt() {
    List<String> lines = List.of("Tasks running", "Cannot read the record");
    assertThat(new ChildFailure(Instant.EPOCH, 1, lines).inWords())
        .isEqualTo("with exit code 1: Cannot read the record");
    assertThat(new ChildFailure(Instant.EPOCH, 137, lines).inWords())
        .startsWith("by signal 9")
        .doesNotContain("record");
    assertThat(new ChildFailure(Instant.EPOCH, 134, lines).inWords()).contains("record");
    assertThat(new ChildFailure(Instant.EPOCH, 6, List.of()).inWords())
        .isEqualTo("with exit code 6");
  }

  @Test
  void aFailureWithoutLinesIsOne() {
    Past past = new Past(1, Optional.of(new ChildFailure(Instant.EPOCH, 1, List.of())));
    assertThat(Past.ofLine(past.toLine())).isEqualTo(past);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "1 2 y", "1 2 3 %%%"})
  void whatIsNoRecordIsNothing(String line) {
    assertThat(Past.ofLine(line)).isEqualTo(Past.NONE);
  }
}
