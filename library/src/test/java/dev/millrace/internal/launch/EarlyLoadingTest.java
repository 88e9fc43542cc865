package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class EarlyLoadingTest {

  @Test
  @Timeout(60)
  void whatCannotBeLoadedKeepsNothingElseFromBeingLoaded() throws Exception {
    List<String> taken = Collections.synchronizedList(new ArrayList<>());
    List<Throwable> uncaught = Collections.synchronizedList(new ArrayList<>());
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> uncaught.add(error));
    try {
      Thread thread =
          EarlyLoading.begin(
              "job",
              List.of(
                  () -> {
                    throw new IllegalStateException("broken");
                  },
                  () -> {
                    throw new NoClassDefFoundError("missing");
                  },
                  () -> taken.add("last")));
      assertThat(thread.isDaemon()).isTrue();
      thread.join();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertThat(taken).containsExactly("last");
    assertThat(uncaught).isEmpty();
  }

  @Test
  void theLibraryOfStoresIsLoadedOnlyForStoresThatNeedIt(@TempDir Path stateDir) {
    JobConfig config = JobConfig.defaults().with("state.dir", stateDir.toString());
    int all = EarlyLoading.steps(config).size();
    assertThat(EarlyLoading.steps(config.with("state.store", "rocksdb"))).hasSize(all);
    assertThat(EarlyLoading.steps(config.with("state.store", "memory"))).hasSize(all - 1);
    EarlyLoading.steps(config).forEach(Runnable::run);
    assertThat(stateDir.resolve("native")).isDirectory();
  }
}
