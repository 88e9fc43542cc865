package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.StateStoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class NativeLibraryTest {

  /** RocksDB's own loading ends without an error for whoever waited for one that failed. */
  @Test
  @Timeout(60)
  void aSecondLoadBeginsWhenTheFirstHasEnded() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    CompletableFuture<Void> first = load(() -> fail(begun, end));
    begun.await();
    CountDownLatch secondBegun = new CountDownLatch(1);
    CompletableFuture<Void> second = new CompletableFuture<>();
    Thread other =
        new Thread(
            () -> {
              NativeLibrary.load(secondBegun::countDown);
              second.complete(null);
            });
    other.start();
    while (other.getState() != Thread.State.BLOCKED) {
      assertThat(secondBegun.getCount()).isEqualTo(1);
      Thread.onSpinWait();
    }
    end.countDown();
    second.get();
    assertThatThrownBy(first::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(StateStoreException.class);
  }

  private static void fail(CountDownLatch begun, CountDownLatch end) {
    begun.countDown();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new UnsatisfiedLinkError("no such library");
  }

  private static CompletableFuture<Void> load(NativeLibrary.Loader loader) {
    return CompletableFuture.runAsync(() -> NativeLibrary.load(loader));
  }
}
