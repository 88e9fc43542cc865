package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.util.StepClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A file sink's writers under random crashes, failures, losses of power and zombies, against the
 * list of what was committed.
 */
final class FileSinkPropertyTest {

  private static final int STEPS = 150;
  private static final long SEEDS = Long.getLong("test.seeds", 20);

  record Line(long number, String text) {}

  @TempDir Path directory;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void readersSeeEachCommittedRecordOnce(long seed) throws IOException {
    Model model = new Model(directory.resolve("out"), seed);
    for (int i = 0; i < STEPS; i++) {
      model.step();
      model.check("seed " + seed + ", step " + i);
    }
    model.end();
    assertThat(model.visible()).as("seed %s", seed).isEqualTo(model.committed);
  }

  /** The part of the engine that a writer sees, and what Kafka would know. */
  private static final class Model {
    private final Path out;
    private final Random random;
    private final FaultyDisk disk;
    private final StepClock clock = new StepClock();
    private final FileSink<Line> sink;
    private final List<String> committed = new ArrayList<>();
    private final List<String> pending = new ArrayList<>();

    /**
     * A former owner that may wake up.
     *
     * @param inCommit whether it was stopped after Kafka had committed and while it published
     */
    private record Zombie(SinkWriter<Line> writer, boolean inCommit) {}

    private final List<Zombie> zombies = new ArrayList<>();
    private byte[] committedState = {};
    private long lastCommittedEpoch;
    private long epoch;
    private long nextNumber;
    private SinkWriter<Line> writer;
    private boolean inCommit;

    Model(Path out, long seed) {
      this.out = out;
      this.random = new Random(seed);
      this.disk = new FaultyDisk(random);
      this.sink =
          FileSink.<Line>jsonLines(out)
              .rollAtBytes(200 + random.nextInt(3_000))
              .rollEvery(Duration.ofSeconds(5))
              .on(disk);
      takeOver();
    }

    void step() {
      clock.advanceMs(random.nextInt(1_500));
      int dice = random.nextInt(100);
      if (dice < 15) {
        disk.strikeAfter(
            random.nextInt(6),
            random.nextInt(3) == 0 ? FaultyDisk.Fault.IO_ERROR : FaultyDisk.Fault.CRASH);
      }
      try {
        if (dice < 50) {
          writeSome(writer, pending);
        } else if (dice < 85) {
          transaction();
        } else if (dice < 92) {
          die(writer);
        } else if (!zombies.isEmpty()) {
          disk.calm();
          wakeUp(zombies.get(random.nextInt(zombies.size())));
        }
      } catch (FaultyDisk.Crash e) {
        if (random.nextInt(3) == 0) {
          zombies.clear();
          disk.losePower();
        } else {
          zombies.add(new Zombie(writer, inCommit));
        }
        takeOver();
      } catch (StateStoreException e) {
        // The engine abandons the task and starts it again.
        abandon(writer);
        takeOver();
      }
    }

    private void writeSome(SinkWriter<Line> to, List<String> written) {
      int count = 1 + random.nextInt(15);
      for (int i = 0; i < count; i++) {
        nextNumber++;
        String text = "x".repeat(random.nextInt(40));
        written.add("{\"number\":" + nextNumber + ",\"text\":\"" + text + "\"}");
        write(to, new Line(nextNumber, text));
      }
    }

    private void transaction() {
      byte[] state = prepare(writer);
      if (random.nextInt(8) == 0) {
        // Kafka aborted it.
        abandon(writer);
        takeOver();
        return;
      }
      committedState = state;
      lastCommittedEpoch = epoch;
      committed.addAll(pending);
      pending.clear();
      inCommit = true;
      commit(writer);
      inCommit = false;
    }

    /** The process stops for a while; its successor starts. */
    private void die(SinkWriter<Line> old) {
      if (random.nextBoolean()) {
        zombies.add(new Zombie(old, false));
      } else {
        abandon(old);
      }
      takeOver();
    }

    /** A zombie goes on where it stopped: nothing that it prepares commits any more. */
    private void wakeUp(Zombie sleeper) {
      SinkWriter<Line> zombie = sleeper.writer();
      zombies.remove(sleeper);
      try {
        if (sleeper.inCommit()) {
          commit(zombie);
        }
        switch (random.nextInt(3)) {
          case 0 -> {
            writeSome(zombie, new ArrayList<>());
            zombies.add(new Zombie(zombie, false));
          }
          case 1 -> {
            writeSome(zombie, new ArrayList<>());
            prepare(zombie);
            abandon(zombie);
          }
          default -> abandon(zombie);
        }
      } catch (StateStoreException e) {
        // It found out that it is out of date, and stops.
        abandon(zombie);
      }
    }

    private void takeOver() {
      inCommit = false;
      pending.clear();
      for (int attempt = 0; ; attempt++) {
        // Clocks of hosts differ: only an epoch that committed is surely behind the next one.
        epoch = Math.max(lastCommittedEpoch + 1, clock.wallMs() - random.nextInt(3_000));
        try {
          writer = sink.open(new FakeSinkContext(epoch, committedState, clock));
          return;
        } catch (FaultyDisk.Crash | StateStoreException e) {
          if (attempt == 20) {
            throw e;
          }
          clock.advanceMs(random.nextInt(2));
        }
      }
    }

    void end() {
      disk.calm();
      writeSome(writer, pending);
      try {
        writer.endOfInput();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
      committedState = prepare(writer);
      committed.addAll(pending);
      commit(writer);
    }

    void check(String at) throws IOException {
      List<String> visible = visible();
      assertThat(new HashSet<>(committed)).as(at).containsAll(visible);
      assertThat(visible).as(at).doesNotHaveDuplicates();
    }

    /** {@return all lines of the visible files, in the order of the files' names} */
    List<String> visible() throws IOException {
      List<String> lines = new ArrayList<>();
      if (!Files.exists(out)) {
        return lines;
      }
      try (Stream<Path> files = Files.list(out)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          String content = Files.readString(file, StandardCharsets.UTF_8);
          assertThat(content).as(file.toString()).endsWith("\n");
          lines.addAll(content.lines().toList());
        }
      }
      return lines;
    }

    private static void write(SinkWriter<Line> to, Line line) {
      try {
        to.write(line, 0);
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    private static byte[] prepare(SinkWriter<Line> writer) {
      try {
        return writer.prepare();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    private static void commit(SinkWriter<Line> writer) {
      try {
        writer.commit();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    private static void abandon(SinkWriter<Line> writer) {
      try {
        writer.abort();
        writer.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }
}
