package dev.millrace.devbroker;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The class path of a child JVM: jars only, because a class archive cannot be made over
 * directories.
 *
 * <p>In a build that has not packaged this module yet, its classes lie in a directory. They are put
 * into a jar in the cache, named by its content.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ChildClassPath {

  private ChildClassPath() {}

  /** {@return the entries for the child, in the order of this JVM's class path} */
  static List<Path> entries(ChildOptions options) {
    if (options.jar().isPresent()) {
      Path jar = options.jar().get();
      if (!Files.isRegularFile(jar)) {
        throw new DevBrokerException(
            "Cannot start the broker: its jar does not exist (jar="
                + jar.toAbsolutePath()
                + "). Build it with: mvn -pl devbroker package");
      }
      return List.of(jar.toAbsolutePath());
    }
    List<Path> entries = new ArrayList<>();
    Path own = ownClasses();
    if (own != null) {
      entries.add(Files.isDirectory(own) ? packed(own, options.cacheDirectory()) : own);
    }
    for (String name : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
      Path entry = Path.of(name).toAbsolutePath();
      // Other directories hold the classes of the caller, of which the broker needs none.
      if (!name.isEmpty() && Files.isRegularFile(entry) && !entry.equals(own)) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private static @Nullable Path ownClasses() {
    try {
      CodeSource source = ChildClassPath.class.getProtectionDomain().getCodeSource();
      return source == null ? null : Path.of(source.getLocation().toURI()).toAbsolutePath();
    } catch (URISyntaxException | IllegalArgumentException notAFile) {
      return null;
    }
  }

  private static Path packed(Path directory, Path cache) {
    try {
      List<Path> classes;
      try (Stream<Path> tree = Files.walk(directory)) {
        classes = tree.filter(Files::isRegularFile).sorted().toList();
      }
      Fingerprint fingerprint = new Fingerprint();
      for (Path file : classes) {
        fingerprint.add(directory.relativize(file).toString()).add(Files.readAllBytes(file));
      }
      Path jar = cache.resolve("broker-classes-" + fingerprint.hex() + ".jar");
      if (!Files.exists(jar)) {
        Files.createDirectories(cache);
        Path fresh = Files.createTempFile(cache, "broker-classes-", ".new");
        pack(directory, classes, fresh);
        Files.move(fresh, jar, StandardCopyOption.ATOMIC_MOVE);
      }
      return jar;
    } catch (IOException noCache) {
      return directory;
    }
  }

  private static void pack(Path directory, List<Path> classes, Path jar) throws IOException {
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (Path file : classes) {
        JarEntry entry = new JarEntry(directory.relativize(file).toString().replace('\\', '/'));
        entry.setLastModifiedTime(FileTime.fromMillis(0));
        out.putNextEntry(entry);
        Files.copy(file, out);
        out.closeEntry();
      }
    }
  }
}
