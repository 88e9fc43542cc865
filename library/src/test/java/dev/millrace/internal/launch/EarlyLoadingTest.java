package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.state.disk.ChildJvm;
import java.nio.file.Files;
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
  }

  @Test
  void theLibraryIsKeptInTheStateDirectory(@TempDir Path stateDir) throws Exception {
    try (ChildJvm child = ChildJvm.start(Child.class, stateDir.toString())) {
      assertThat(child.line()).isEqualTo("true");
    }
  }

  /** Takes the steps in a process of its own, in which nothing is loaded yet. */
  static final class Child {

    public static void main(String[] arguments) {
      JobConfig config = JobConfig.defaults().with("state.dir", arguments[0]);
      EarlyLoading.steps(config).forEach(Runnable::run);
      System.out.println(Files.isDirectory(Path.of(arguments[0], "native")));
    }
  }
}
