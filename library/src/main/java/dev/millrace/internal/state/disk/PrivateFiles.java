package dev.millrace.internal.state.disk;

import dev.millrace.error.StateStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** Files and directories that only their owner may look into: state is user data. */
final class PrivateFiles {

  private PrivateFiles() {}

  /**
   * Makes a directory of the user's choice with those that it is in, if there is none; it may be a
   * link to one.
   */
  static void createParents(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) { // Follows links, unlike createDirectories.
      Files.createDirectories(directory);
    }
  }

  /**
   * Makes a directory, or takes it over as it is if it is one of this user's.
   *
   * @throws StateStoreException if it is a symbolic link or no directory
   */
  static void createDirectory(Path directory) {
    try {
      try {
        Files.createDirectory(directory);
      } catch (FileAlreadyExistsException e) {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
          throw new StateStoreException(
              "Cannot use "
                  + directory
                  + ": it is a link or no directory. Remove it, or choose another state.dir",
              e);
        }
      }
      // Fails for a directory of another user.
      setPermissions(directory, "rwx------");
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot make the directory " + directory + ": " + e + ". Check its owner and permissions",
          e);
    }
  }

  /** Makes an empty file if there is none. */
  static void createFile(Path file) throws IOException {
    try {
      Files.createFile(file);
      setPermissions(file, "rw-------");
    } catch (FileAlreadyExistsException e) {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("it is a link or no file", e);
      }
    }
  }

  /** Writes a file so that a crash leaves the old one, none, or the new one, whole. */
  static void writeAtomically(Path file, String text) {
    try {
      // Of a name of its own, since instances that start together may write the same file.
      Path draft = Files.createTempFile(file.getParent(), file.getFileName() + "-", ".new");
      try {
        setPermissions(draft, "rw-------");
        Files.write(draft, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(draft);
      }
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot write " + file + ": " + e + ". Check space and permissions", e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot read " + file + ": " + e + ". Check its owner and permissions", e);
    }
  }

  static List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(directory)) {
      return found.sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new StateStoreException(
          "Cannot list " + directory + ": " + e + ". Check its owner and permissions", e);
    }
  }

  /**
   * Deletes a file or a directory with all it has, of which others may be deleting parts at the
   * same time; links are deleted, not followed.
   */
  static void deleteTree(Path root) {
    try {
      delete(root);
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot delete " + root + ": " + e + ". Delete it by hand; the changelog has the state",
          e);
    }
  }

  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          delete(entry);
        }
      } catch (NoSuchFileException e) {
        return; // Others were quicker.
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }
    Files.deleteIfExists(path);
  }

  private static void setPermissions(Path path, String permissions) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view != null) {
      view.setPermissions(PosixFilePermissions.fromString(permissions));
    }
  }
}
