package dev.millrace.connector;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A disk at which a process can die or fail between any two changes, and which can lose power:
 * content and names that were not forced are then kept or lost at random.
 */
final class FaultyDisk implements Disk {

  /** Stands for the end of the process. */
  static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("the process died");
    }
  }

  /** What happens when the countdown is over. */
  enum Fault {
    CRASH,
    IO_ERROR
  }

  private record Move(Path from, Path to) {}

  private final Random random;
  private final Map<FileChannel, Path> opened = new IdentityHashMap<>();
  private final Map<Path, Long> forcedLengths = new HashMap<>();
  private final List<Path> unforcedCreations = new ArrayList<>();
  private final List<Move> unforcedMoves = new ArrayList<>();
  private int countdown = -1;
  private Fault fault = Fault.CRASH;

  FaultyDisk(Random random) {
    this.random = random;
  }

  /** Lets the given number of changes pass and then strikes, once. */
  void strikeAfter(int changes, Fault what) {
    countdown = changes;
    fault = what;
  }

  /** Cancels a strike. */
  void calm() {
    countdown = -1;
  }

  private boolean strikes() {
    return countdown >= 0 && countdown-- == 0;
  }

  private void change() throws IOException {
    if (strikes()) {
      strike();
    }
  }

  private void strike() throws IOException {
    if (fault == Fault.CRASH) {
      throw new Crash();
    }
    throw new IOException("Input/output error");
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    change();
    REAL.createDirectories(directory);
  }

  @Override
  public FileChannel create(Path file) throws IOException {
    change();
    FileChannel channel = REAL.create(file);
    opened.put(channel, file);
    forcedLengths.put(file, 0L);
    unforcedCreations.add(file);
    return channel;
  }

  @Override
  public void write(FileChannel file, ByteBuffer bytes) throws IOException {
    if (strikes()) {
      bytes.limit(bytes.position() + random.nextInt(bytes.remaining() + 1));
      REAL.write(file, bytes);
      strike();
    }
    REAL.write(file, bytes);
  }

  @Override
  public void force(FileChannel file) throws IOException {
    change();
    forcedLengths.put(opened.get(file), file.size());
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    change();
    unforcedCreations.removeIf(file -> file.getParent().equals(directory));
    unforcedMoves.removeIf(move -> move.to().getParent().equals(directory));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    change();
    REAL.move(from, to);
    Long forced = forcedLengths.remove(from);
    if (forced != null) {
      forcedLengths.put(to, forced);
    }
    unforcedMoves.add(new Move(from, to));
  }

  @Override
  public void delete(Path file) throws IOException {
    change();
    REAL.delete(file);
  }

  /** Nothing runs any more, and what was not forced may be gone. */
  void losePower() {
    try {
      for (Move move : unforcedMoves) {
        if (random.nextBoolean() && Files.exists(move.to())) {
          Files.move(move.to(), move.from());
          forcedLengths.put(move.from(), forcedLengths.remove(move.to()));
        }
      }
      for (Path file : unforcedCreations) {
        if (random.nextBoolean()) {
          Files.deleteIfExists(file);
        }
      }
      for (Map.Entry<Path, Long> forced : forcedLengths.entrySet()) {
        shorten(forced.getKey(), forced.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    unforcedMoves.clear();
    unforcedCreations.clear();
  }

  private void shorten(Path file, long forced) throws IOException {
    if (!Files.exists(file) || Files.size(file) <= forced) {
      return;
    }
    long kept = forced + random.nextInt((int) (Files.size(file) - forced) + 1);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(kept);
    }
  }
}
