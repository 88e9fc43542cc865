package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Where the logs of copies go, of which no test class may overwrite those of another. */
final class ChildInstanceTest {

  private static final Path OWN = Path.of("target", "chaos", "ChildInstanceTest");

  @Test
  void logsAreThoseOfTheTestThatStartsACopy() {
    Supplier<Path> fromElsewhere = ChildInstance::logs;
    assertThat(ChildInstance.logs()).isEqualTo(OWN);
    assertThat(fromElsewhere.get()).isEqualTo(OWN);
  }

  @Nested
  final class Within {

    @Test
    void soAreThoseOfATestWithinIt() {
      assertThat(ChildInstance.logs()).isEqualTo(OWN);
    }
  }

  @Test
  void whoIsNoTestHasNoDirectory() {
    assertThatThrownBy(() -> CompletableFuture.supplyAsync(ChildInstance::logs).join())
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("No test class calls this");
  }
}
