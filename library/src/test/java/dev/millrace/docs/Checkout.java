package dev.millrace.docs;

import java.nio.file.Files;
import java.nio.file.Path;

/** The files of the project, found from a module's directory or from the project's own. */
public final class Checkout {

  private static final Path START =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize();

  private Checkout() {}

  /** {@return the file or directory of that path below the project's directory} */
  public static Path file(String path) {
    for (Path at = START; at != null; at = at.getParent()) {
      if (Files.exists(at.resolve("CONTRIBUTING.md"))) {
        return at.resolve(path);
      }
    }
    throw new IllegalStateException("no directory of the project above " + START);
  }
}
