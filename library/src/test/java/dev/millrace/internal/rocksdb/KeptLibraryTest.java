package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.disk.ChildJvm;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.state.store.StoreBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;

final class KeptLibraryTest {

  @TempDir private Path directory;

  /** Loads the library in a process of its own, where it is not loaded yet, and works with it. */
  static final class Child {

    public static void main(String[] arguments) {
      Path directory = Path.of(arguments[0]);
      boolean loaded = KeptLibrary.load(directory);
      try (StateStores stores = RocksDbStateStores.orOnHeap(8L << 20);
          StateStore store = stores.open(directory.resolve("task"))) {
        store.write(new StoreBatch().put(new byte[] {1}, new byte[] {2}));
        System.out.println(loaded + " " + store.get(new byte[] {1})[0]);
      }
    }
  }

  /** Loads the library in a process of its own, from where it may not be kept. */
  static final class Anyhow {

    public static void main(String[] arguments) {
      NativeLibrary.load(Path.of(arguments[0]));
      System.out.println(RocksDB.rocksdbVersion() != null);
    }
  }

  @BeforeAll
  static void loadTheLibraryInTheUsualWay() {
    NativeLibrary.load();
  }

  @Test
  void theLibraryIsLoadedFromWhereItIsKept() throws Exception {
    try (ChildJvm first = ChildJvm.start(Child.class, directory.toString())) {
      assertThat(first.line()).isEqualTo("true 2");
    }
    Path library = onlyFile();
    Object file = identity(library);
    try (ChildJvm second = ChildJvm.start(Child.class, directory.toString())) {
      assertThat(second.line()).isEqualTo("true 2");
    }
    assertThat(identity(onlyFile())).isEqualTo(file);
  }

  @Test
  void whatIsDamagedIsUnpackedAgain() throws Exception {
    assertThat(KeptLibrary.load(directory)).isTrue();
    Path library = onlyFile();
    byte[] whole = Files.readAllBytes(library);
    byte[] damaged = whole.clone();
    damaged[damaged.length / 2] ^= 1;
    for (byte[] content : List.of(damaged, new byte[0])) {
      Files.write(library, content);
      assertThat(KeptLibrary.load(directory)).isTrue();
      assertThat(Files.readAllBytes(onlyFile())).isEqualTo(whole);
    }
  }

  @Test
  void whatAKilledProcessHasUnpackedInPartIsDeleted() throws Exception {
    assertThat(KeptLibrary.load(directory)).isTrue();
    Path library = onlyFile();
    Files.move(library, library.resolveSibling("unpacking-1.new"));
    assertThat(KeptLibrary.load(directory)).isTrue();
    assertThat(onlyFile()).isEqualTo(library);
  }

  @Test
  void theLibraryOfAnotherVersionIsDeleted() throws Exception {
    Path other = directory.resolve("native").resolve("00000000-1");
    Files.createDirectories(other);
    Files.write(other.resolve("library"), new byte[] {1});
    assertThat(KeptLibrary.load(directory)).isTrue();
    assertThat(other).doesNotExist();
    onlyFile();
  }

  @Test
  void aDirectoryThatIsALinkIsLeftAlone(@TempDir Path elsewhere) throws Exception {
    Files.createSymbolicLink(directory.resolve("native"), elsewhere);
    assertThat(KeptLibrary.load(directory)).isFalse();
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void whereNothingCanBeKeptTheLibraryIsLoadedAllTheSame() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThat(KeptLibrary.load(file)).isFalse();
    try (ChildJvm child = ChildJvm.start(Anyhow.class, file.toString())) {
      assertThat(child.line()).isEqualTo("true");
    }
  }

  @Test
  void nothingIsKeptOfALibraryThatIsLoadedAlready() {
    NativeLibrary.load(directory);
    assertThat(directory).isEmptyDirectory();
  }

  private Path onlyFile() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("native"))) {
      List<Path> found = files.filter(Files::isRegularFile).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  private static Object identity(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return List.of(attributes.lastModifiedTime(), String.valueOf(attributes.fileKey()));
  }
}
