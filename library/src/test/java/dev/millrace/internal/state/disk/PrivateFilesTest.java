package dev.millrace.internal.state.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrivateFilesTest {

  @TempDir Path directory;

  /** As instances do that start together, each of which tidies up the directory that they share. */
  @Test
  void severalMayDeleteTheSameTree() throws Exception {
    int threads = 3;
    CyclicBarrier together = new CyclicBarrier(threads);
    ExecutorService others = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 20; round++) {
        Path root = tree(directory.resolve("tree-" + round));
        List<Future<?>> deletions = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          deletions.add(
              others.submit(
                  () -> {
                    together.await();
                    PrivateFiles.deleteTree(root);
                    return null;
                  }));
        }
        for (Future<?> deletion : deletions) {
          Object ignored = deletion.get();
        }
        assertThat(root).doesNotExist();
      }
    } finally {
      others.shutdownNow();
    }
  }

  private static Path tree(Path root) throws IOException {
    for (int i = 0; i < 50; i++) {
      Path inner = Files.createDirectories(root.resolve("inner-" + i));
      for (int file = 0; file < 4; file++) {
        Files.writeString(inner.resolve("file-" + file), "text");
      }
    }
    return root;
  }

  @Test
  void linksAreDeletedAndNotFollowed() throws IOException {
    Path kept = tree(directory.resolve("kept"));
    Path root = Files.createDirectory(directory.resolve("tree"));
    Files.createSymbolicLink(root.resolve("link"), kept);
    PrivateFiles.deleteTree(root);
    assertThat(root).doesNotExist();
    assertThat(kept.resolve("inner-0")).isDirectoryContaining("glob:**file-0");
  }

  @Test
  void whatCouldNotBeWrittenLeavesNoDraft() throws IOException {
    Path taken = Files.createDirectories(directory.resolve("file/inner")).getParent();
    assertThatThrownBy(() -> PrivateFiles.writeAtomically(taken, "text"))
        .isInstanceOf(StateStoreException.class);
    assertThat(PrivateFiles.list(directory)).containsExactly(taken);
  }
}
