package dev.millrace.internal.state.disk;

import dev.millrace.error.StateStoreException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A directory that only its owner may look into, and write to.
 *
 * <p><b>Threads.</b> Safe for any thread; processes may share it.
 *
 * @param path where it is
 */
public record PrivateDirectory(Path path) {

  /**
   * {@return the directory of that name in another one, both made if there is none}
   *
   * @throws StateStoreException if it is a link or not a directory of this user, or cannot be made
   */
  public static PrivateDirectory in(Path parent, String name) {
    try {
      PrivateFiles.createParents(parent);
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot make the directory " + parent + ": " + e + ". Choose another, or make it", e);
    }
    Path directory = parent.resolve(name);
    PrivateFiles.createDirectory(directory);
    return new PrivateDirectory(directory);
  }

  /** Deletes everything in it but what has this name. */
  public void deleteAllBut(String name) {
    for (Path each : PrivateFiles.list(path)) {
      if (!each.getFileName().toString().equals(name)) {
        PrivateFiles.deleteTree(each);
      }
    }
  }
}
