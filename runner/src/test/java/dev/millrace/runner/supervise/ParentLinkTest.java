package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ParentLinkTest {

  @Test
  void theEndOfThePipeIsTheEndOfTheParent() throws Exception {
    Past past = new Past(3, Optional.of(new ChildFailure(Instant.EPOCH, 1, List.of("why"))));
    CountDownLatch gone = new CountDownLatch(1);
    try (PipedOutputStream parent = new PipedOutputStream();
        PipedInputStream stdin = new PipedInputStream(parent)) {
      ParentLink link =
          ParentLink.open(stdin, new PrintStream(new ByteArrayOutputStream()), gone::countDown);
      parent.write((past.toLine() + "\n").getBytes(StandardCharsets.UTF_8));
      parent.flush();
      link.awaitBegin();
      assertThat(link.past()).isEqualTo(past);
      assertThat(gone.getCount()).isEqualTo(1);
      parent.close();
      assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void withoutAParentThereIsNoPast() {
    assertThat(ParentLink.NONE.past()).isEqualTo(Past.NONE);
  }
}
