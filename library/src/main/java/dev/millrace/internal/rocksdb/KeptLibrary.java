package dev.millrace.internal.rocksdb;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.disk.PrivateDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RocksDB's native library, unpacked once for all starts from a directory.
 *
 * <pre>
 *   &lt;directory&gt;/native/&lt;checksum&gt;-&lt;bytes&gt;/   of the library in the jar, with what RocksDB calls it
 * </pre>
 *
 * <p>To unpack it takes more time than to open the stores, at a moment when everybody waits, and a
 * process that is killed leaves what it has unpacked in the directory for temporary files. What was
 * kept is checked against the jar each time, so that neither a crash during the unpacking nor a
 * damaged disk matters.
 *
 * <p>It only helps: whatever fails here, the library is loaded in RocksDB's own way.
 *
 * <p><b>Threads.</b> Safe for any thread. Processes may share the directory.
 */
final class KeptLibrary {

  private static final Logger LOGGER = LoggerFactory.getLogger(KeptLibrary.class);
  private static final String IN_JAR = "rocksdb";

  /** What RocksDB makes the name of when it is given directories to look in. */
  private static final String ON_DISK = "rocksdbjni";

  private KeptLibrary() {}

  /** Loads the library; returns false if it could not be kept or loaded from here. */
  static boolean load(Path directory) {
    try {
      Path kept = keep(directory);
      if (kept == null) {
        return false;
      }
      RocksDB.loadLibrary(List.of(kept.toAbsolutePath().toString()));
      return true;
    } catch (IOException | StateStoreException | LinkageError e) {
      // For instance, the file system may hold no executables.
      LOGGER
          .atDebug()
          .addKeyValue("directory", directory)
          .setCause(e)
          .log("The native library is not kept");
      return false;
    }
  }

  /**
   * {@return the directory that has the library, unpacked if it was not there; null if it is in no
   * jar}
   */
  private static @Nullable Path keep(Path directory) throws IOException {
    URL url = RocksDB.class.getClassLoader().getResource(Environment.getJniLibraryFileName(IN_JAR));
    URLConnection connection = url == null ? null : url.openConnection();
    if (!(connection instanceof JarURLConnection inJar)) {
      return null;
    }
    ZipEntry entry = inJar.getJarEntry();
    PrivateDirectory all = PrivateDirectory.in(directory, "native");
    String name = String.format(Locale.ROOT, "%08x-%d", entry.getCrc(), entry.getSize());
    Path library = all.path().resolve(name).resolve(Environment.getJniLibraryFileName(ON_DISK));
    if (!isWhole(library, entry)) {
      all.deleteAllBut(name);
      PrivateDirectory own = PrivateDirectory.in(all.path(), name);
      // Drafts of processes that were killed. Who is unpacking just now loads in the usual way.
      own.deleteAllBut(library.getFileName().toString());
      try (InputStream packed = inJar.getInputStream()) {
        unpack(packed, own.path(), library);
      }
      if (!isWhole(library, entry)) {
        throw new IOException("it was not unpacked as it is in the jar");
      }
    }
    return library.getParent();
  }

  private static void unpack(InputStream packed, Path directory, Path library) throws IOException {
    // Of a name of its own, since instances that start together may unpack it at the same time.
    Path draft = Files.createTempFile(directory, "unpacking-", ".new");
    try {
      Files.copy(packed, draft, StandardCopyOption.REPLACE_EXISTING);
      Files.move(draft, library, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  static boolean isWhole(Path file, ZipEntry expected) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() != expected.getSize()) {
        return false;
      }
      CRC32 checksum = new CRC32();
      checksum.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
      return checksum.getValue() == expected.getCrc();
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
