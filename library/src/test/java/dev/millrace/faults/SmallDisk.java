package dev.millrace.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A file system that is small enough to be filled. */
public final class SmallDisk implements AutoCloseable {

  private final Path directory;

  private SmallDisk(Path directory) {
    this.directory = directory;
  }

  /**
   * Mounts one below a directory; where that may not be done, the test is skipped.
   *
   * @param megabytes its size
   */
  public static SmallDisk mount(Path parent, int megabytes) throws IOException {
    Path directory = Files.createDirectory(parent.resolve("disk"));
    String size = "size=" + megabytes + "m";
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", size, "tmpfs", directory.toString()) == 0,
        "a small file system cannot be mounted here: not run");
    return new SmallDisk(directory);
  }

  /** {@return where it is mounted} */
  public Path directory() {
    return directory;
  }

  /** {@return a file of that size, which takes room until it is deleted} */
  public Path ballast(int bytes) throws IOException {
    return Files.write(directory.resolve("ballast"), new byte[bytes]);
  }

  private static int run(String... command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    } catch (IOException e) {
      return -1;
    }
  }

  @Override
  public void close() {
    run("umount", "-l", directory.toString());
  }
}
