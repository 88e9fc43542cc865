package dev.millrace.internal.rocksdb;

import dev.millrace.error.StateStoreException;
import java.nio.file.Path;
import org.rocksdb.RocksDB;

/**
 * The loader of RocksDB's native code.
 *
 * <p>It is unpacked from the jar, into a directory that keeps it for later starts ({@link
 * KeptLibrary}), or where that does not work into the directory for temporary files.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class NativeLibrary {

  /** The loading itself; a test replaces it with one that fails. */
  interface Loader {

    void load();
  }

  private static volatile boolean loaded;

  private NativeLibrary() {}

  /**
   * Loads the library, if it is not loaded yet.
   *
   * @throws StateStoreException if this machine cannot
   */
  static void load() {
    load(
        () -> {
          RocksDB.loadLibrary();
          loaded = true;
        });
  }

  /**
   * Loads the library from a directory that keeps it, if it is not loaded yet: then nothing is kept
   * in this one.
   *
   * @throws StateStoreException if this machine cannot load it
   */
  static void load(Path directory) {
    load(
        () -> {
          if (!loaded && !KeptLibrary.load(directory)) {
            RocksDB.loadLibrary();
          }
          loaded = true;
        });
  }

  static void load(Loader loader) {
    try {
      // RocksDB lets a second thread wait for the first, but not know that the first has failed.
      synchronized (NativeLibrary.class) {
        loader.load();
      }
    } catch (RuntimeException | LinkageError e) {
      throw new StateStoreException(
          "Cannot load RocksDB: its native library does not fit or cannot be unpacked ("
              + e.getMessage()
              + ", java.io.tmpdir="
              + System.getProperty("java.io.tmpdir")
              + "). Point java.io.tmpdir to a directory that may hold executables, or set"
              + " state.store=memory",
          e);
    }
  }
}
