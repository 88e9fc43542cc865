package dev.millrace.connector;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The port through which a file sink changes anything on disk, so that tests can let a process die,
 * or a disk fail, between any two changes.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface Disk {

  /** The file system at hand. */
  Disk REAL = new Real();

  /** Makes a directory and those above it; what is there already stays. */
  void createDirectories(Path directory) throws IOException;

  /** Makes a file that must not exist, and opens it for writing. */
  FileChannel create(Path file) throws IOException;

  /** Writes all of the bytes. */
  void write(FileChannel file, ByteBuffer bytes) throws IOException;

  /** Makes a file's content survive a loss of power. */
  void force(FileChannel file) throws IOException;

  /** Makes names in a directory survive a loss of power. */
  void forceDirectory(Path directory) throws IOException;

  /** Renames a file in one step. */
  void move(Path from, Path to) throws IOException;

  /** Deletes a file if it exists. */
  void delete(Path file) throws IOException;

  /** {@return the files in a directory} */
  static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return found.sorted().toList();
    }
  }

  /** The file system at hand. */
  final class Real implements Disk {

    @Override
    public void createDirectories(Path directory) throws IOException {
      Files.createDirectories(directory);
    }

    @Override
    public FileChannel create(Path file) throws IOException {
      return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    @Override
    public void write(FileChannel file, ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    }

    @Override
    public void force(FileChannel file) throws IOException {
      file.force(true);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
      try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
        names.force(true);
      }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path file) throws IOException {
      Files.deleteIfExists(file);
    }
  }
}
