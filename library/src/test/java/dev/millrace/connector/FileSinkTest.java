package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.StateStoreException;
import dev.millrace.faults.SmallDisk;
import dev.millrace.internal.util.StepClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What readers of the directory see, whatever becomes of the writers. */
final class FileSinkTest {

  record Count(String word, long count) {}

  private static final byte[] NOTHING = {};

  @TempDir Path temporary;

  private final StepClock clock = new StepClock();

  private Path out() {
    return temporary.resolve("out");
  }

  private FileSink<Count> smallFiles() {
    return FileSink.<Count>jsonLines(out()).rollAtBytes(1);
  }

  private FileSink<Count> largeFiles() {
    return FileSink.jsonLines(out());
  }

  private <T> SinkWriter<T> open(FileSink<T> sink, long epoch, byte[] state) {
    return sink.open(new FakeSinkContext(epoch, state, clock));
  }

  private static void write(SinkWriter<Count> writer, String... words) throws Exception {
    for (String word : words) {
      writer.write(new Count(word, 1), 0);
    }
  }

  private static String json(String word) {
    return "{\"word\":\"" + word + "\",\"count\":1}";
  }

  private List<Path> files() throws IOException {
    if (!Files.exists(out())) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(out())) {
      return found.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private List<Path> hidden() throws IOException {
    try (Stream<Path> found = Files.walk(out().resolve(".millrace"))) {
      return found.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file : files()) {
      lines.addAll(Files.readAllLines(file, StandardCharsets.UTF_8));
    }
    return lines;
  }

  // ------------------------------------------------------------------ crash points

  @Test
  void filesAreVisibleAfterTheCommitAndNotBefore() throws Exception {
    SinkWriter<Count> writer = open(smallFiles(), 1, NOTHING);
    write(writer, "a", "b");
    assertThat(files()).isEmpty();
    assertThat(writer.prepare()).isNotEmpty();
    assertThat(files()).isEmpty();
    writer.commit();
    assertThat(lines()).containsExactly(json("a"), json("b"));
    assertThat(files())
        .allSatisfy(
            file ->
                assertThat(file.getFileName().toString())
                    .matches("wordcount-file-3-[0-9a-f]{8}-0-0{18}1-0-00000[12]\\.jsonl"));
  }

  @Test
  void aCrashAheadOfTheCommitLeavesNothing() throws Exception {
    SinkWriter<Count> dead = open(smallFiles(), 1, NOTHING);
    write(dead, "a", "b");
    byte[] lost = dead.prepare();
    assertThat(lost).isNotEmpty();

    SinkWriter<Count> writer = open(smallFiles(), 2, NOTHING);
    assertThat(files()).isEmpty();
    write(writer, "a");
    byte[] state = writer.prepare();
    writer.commit();
    assertThat(state).isNotEmpty();
    assertThat(lines()).containsExactly(json("a"));
    assertThat(hidden()).as("the dead writer's files are deleted").hasSize(1);
  }

  @Test
  void aSuccessorPublishesWhatWasCommittedAndNotPublished() throws Exception {
    SinkWriter<Count> dead = open(smallFiles(), 1, NOTHING);
    write(dead, "a", "b", "c");
    byte[] state = dead.prepare();

    open(smallFiles(), 2, state).close();
    assertThat(lines()).containsExactly(json("a"), json("b"), json("c"));
  }

  @Test
  void aSuccessorGoesOnWhereItsPredecessorDiedWhilePublishing() throws Exception {
    FaultyDisk disk = new FaultyDisk(new Random(1));
    SinkWriter<Count> dead = open(smallFiles().on(disk), 1, NOTHING);
    write(dead, "a", "b", "c");
    byte[] state = dead.prepare();
    disk.strikeAfter(1, FaultyDisk.Fault.CRASH);
    assertThatThrownBy(dead::commit).isInstanceOf(FaultyDisk.Crash.class);
    assertThat(lines()).containsExactly(json("a"));

    open(smallFiles(), 2, state).close();
    open(smallFiles(), 3, state).close();
    assertThat(lines()).containsExactly(json("a"), json("b"), json("c"));
  }

  @Test
  void filesThatReadersHaveTakenAwayAreNotMissed() throws Exception {
    SinkWriter<Count> dead = open(smallFiles(), 1, NOTHING);
    write(dead, "a");
    byte[] state = dead.prepare();
    dead.commit();
    Files.delete(files().get(0));

    open(smallFiles(), 2, state).close();
    assertThat(files()).isEmpty();
  }

  /** As where a shared file system is gone for a moment. */
  @Test
  void filesThatCannotBeLookedForAreNotTakenForPublished() throws Exception {
    SinkWriter<Count> writer = open(smallFiles(), 1, NOTHING);
    write(writer, "a");
    byte[] state = writer.prepare();
    Path directory = hidden().get(0).getParent();
    Path aside = directory.resolveSibling("aside");
    Files.move(directory, aside);
    Files.createSymbolicLink(directory, directory); // leads nowhere, which is an error of its own
    assertThatThrownBy(writer::commit)
        .isInstanceOf(StateStoreException.class)
        .hasMessageStartingWith("Cannot publish ");
    Files.delete(directory);
    Files.move(aside, directory);

    open(smallFiles(), 2, state).close();
    assertThat(lines()).containsExactly(json("a"));
  }

  @Test
  void anOpenFileIsGoneOnWithUpToItsCommittedLength() throws Exception {
    SinkWriter<Count> dead = open(largeFiles(), 1, NOTHING);
    write(dead, "a", "b");
    byte[] state = dead.prepare();
    dead.commit();
    write(dead, "never committed");
    byte[] lost = dead.prepare();
    assertThat(lost).isNotEqualTo(state);

    SinkWriter<Count> writer = open(largeFiles(), 2, state);
    write(writer, "c");
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEmpty();
    writer.commit();
    assertThat(files()).hasSize(1);
    assertThat(lines()).containsExactly(json("a"), json("b"), json("c"));
  }

  @Test
  void ownersThatNeverCommittedDoNotTakeTheCommittedFileWithThem() throws Exception {
    SinkWriter<Count> first = open(largeFiles(), 1, NOTHING);
    write(first, "a");
    byte[] state = first.prepare();
    first.commit();
    for (int epoch = 2; epoch < 6; epoch++) {
      SinkWriter<Count> dead = open(largeFiles(), epoch, state);
      write(dead, "lost");
      byte[] lost = dead.prepare();
      assertThat(lost).isNotEmpty();
    }
    SinkWriter<Count> last = open(largeFiles(), 6, state);
    last.endOfInput();
    byte[] end = last.prepare();
    last.commit();
    assertThat(end).isNotEmpty();
    assertThat(lines()).containsExactly(json("a"));
    assertThat(hidden()).hasSize(1);
  }

  @Test
  void aZombieThatWritesOnDoesNoHarm() throws Exception {
    SinkWriter<Count> zombie = open(largeFiles(), 1, NOTHING);
    write(zombie, "a");
    byte[] state = zombie.prepare();
    zombie.commit();

    SinkWriter<Count> writer = open(largeFiles(), 2, state);
    write(zombie, "zombie");
    byte[] fenced = zombie.prepare();
    assertThat(fenced).isNotEmpty();
    write(writer, "b");
    byte[] second = writer.prepare();
    writer.commit();
    write(zombie, "zombie again");
    assertThatThrownBy(zombie::prepare)
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("it was deleted");
    write(writer, "c");
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEqualTo(second);
    writer.commit();
    zombie.abort();
    zombie.close();
    assertThat(lines()).containsExactly(json("a"), json("b"), json("c"));
  }

  @Test
  void aZombieThatPublishesLateFindsThatItWasDone() throws Exception {
    SinkWriter<Count> zombie = open(smallFiles(), 1, NOTHING);
    write(zombie, "a", "b");
    byte[] state = zombie.prepare();

    SinkWriter<Count> writer = open(smallFiles(), 2, state);
    write(writer, "c");
    byte[] next = writer.prepare();
    writer.commit();
    zombie.commit();
    assertThat(next).isNotEqualTo(state);
    assertThat(lines()).containsExactly(json("a"), json("b"), json("c"));
  }

  @Test
  void ownersWithTheSameEpochDoNotShareFiles() throws Exception {
    SinkWriter<Count> one = open(largeFiles(), 7, NOTHING);
    SinkWriter<Count> other = open(largeFiles(), 7, NOTHING);
    write(one, "one");
    write(other, "other");
    one.endOfInput();
    other.endOfInput();
    byte[] ofOne = one.prepare();
    byte[] ofOther = other.prepare();
    assertThat(ofOne).isNotEqualTo(ofOther);
    other.commit();
    assertThat(lines()).containsExactly(json("other"));
  }

  @Test
  void anAbortDestroysNothingThatMayHaveBeenCommitted() throws Exception {
    SinkWriter<Count> writer = open(smallFiles(), 1, NOTHING);
    write(writer, "a");
    byte[] state = writer.prepare();
    writer.abort();
    writer.close();
    assertThat(files()).isEmpty();

    open(smallFiles(), 2, state).close();
    assertThat(lines()).containsExactly(json("a"));
  }

  @Test
  void aReaderOnlyEverSeesWholeCommittedFiles() throws Exception {
    Set<String> committed = java.util.concurrent.ConcurrentHashMap.newKeySet();
    AtomicBoolean over = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> complaint = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                boolean last;
                do {
                  last = over.get(); // So that it sees the end, however seldom it had its turn.
                  for (Path file : files()) {
                    String content = Files.readString(file);
                    assertThat(content).endsWith("}\n");
                    assertThat(committed).containsAll(content.lines().toList());
                  }
                } while (!last);
              } catch (IOException | RuntimeException | AssertionError e) {
                complaint.set(e);
              }
            });
    reader.start();
    Random random = new Random(5);
    byte[] state = NOTHING;
    int number = 0;
    for (int epoch = 1; epoch <= 20; epoch++) {
      SinkWriter<Count> writer =
          open(FileSink.<Count>jsonLines(out()).rollAtBytes(2_000), epoch, state);
      for (int transaction = 0; transaction < 5; transaction++) {
        List<String> pending = new ArrayList<>();
        for (int i = 0; i < random.nextInt(400); i++) {
          String word = "w" + number++;
          pending.add(json(word));
          write(writer, word);
        }
        state = writer.prepare();
        committed.addAll(pending);
        if (random.nextInt(4) == 0) {
          break;
        }
        writer.commit();
      }
      write(writer, "lost " + epoch);
    }
    over.set(true);
    reader.join();
    assertThat(complaint.get()).isNull();
    assertThat(files()).isNotEmpty();
  }

  // ------------------------------------------------------------------ when files are complete

  @Test
  void aFileIsCompleteWhenItsFirstRecordIsOld() throws Exception {
    FileSink<Count> sink = largeFiles().rollEvery(Duration.ofSeconds(10));
    SinkWriter<Count> writer = open(sink, 1, NOTHING);
    assertThat(writer.wantsCommit(clock.wallMs() + 1_000_000)).isFalse();
    write(writer, "a");
    clock.advanceMs(9_999);
    assertThat(writer.wantsCommit(clock.wallMs())).isFalse();
    byte[] early = writer.prepare();
    writer.commit();
    assertThat(files()).isEmpty();

    // Its age is that of the record, not that of the owner.
    SinkWriter<Count> successor = open(sink, 2, early);
    clock.advanceMs(1);
    assertThat(successor.wantsCommit(clock.wallMs())).isTrue();
    byte[] late = successor.prepare();
    successor.commit();
    assertThat(late).isNotEqualTo(early);
    assertThat(lines()).containsExactly(json("a"));
    assertThat(successor.wantsCommit(clock.wallMs() + 1_000_000)).isFalse();
  }

  @Test
  void aFileIsCompleteAtItsSizeAndAtTheEndOfTheInput() throws Exception {
    SinkWriter<Count> writer = open(largeFiles().rollAtBytes(60), 1, NOTHING);
    write(writer, "a", "b", "c", "d");
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEmpty();
    writer.commit();
    assertThat(files()).hasSize(2);
    assertThat(lines()).containsExactly(json("a"), json("b"), json("c"), json("d"));
  }

  // ------------------------------------------------------------------ failures

  @Test
  void aFailedForceIsNotTriedAgain() throws Exception {
    FaultyDisk disk = new FaultyDisk(new Random(1));
    SinkWriter<Count> writer = open(largeFiles().on(disk), 1, NOTHING);
    write(writer, "a");
    disk.strikeAfter(1, FaultyDisk.Fault.IO_ERROR);
    assertThatThrownBy(writer::prepare)
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("Cannot force to disk")
        .hasMessageContaining("Input/output error");
    assertThatThrownBy(writer::prepare).isInstanceOf(StateStoreException.class);
    assertThatThrownBy(() -> write(writer, "b")).isInstanceOf(StateStoreException.class);
    assertThatThrownBy(writer::commit).isInstanceOf(StateStoreException.class);
    assertThat(files()).isEmpty();
  }

  @Test
  void anotherFileSystemIsRefused() throws Exception {
    SinkWriter<Count> dead = open(largeFiles(), 1, NOTHING);
    write(dead, "a");
    byte[] state = dead.prepare();
    dead.commit();
    FileSink<Count> elsewhere = FileSink.jsonLines(temporary.resolve("elsewhere"));
    assertThatThrownBy(() -> open(elsewhere, 2, state))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("Cannot continue the output in " + temporary.resolve("elsewhere"))
        .hasMessageContaining("it was written in " + out())
        .hasMessageContaining("shared file system");
  }

  @Test
  void committedOutputThatSomebodyDeletedIsReported() throws Exception {
    SinkWriter<Count> dead = open(largeFiles(), 1, NOTHING);
    write(dead, "a");
    byte[] state = dead.prepare();
    dead.commit();
    for (Path file : hidden()) {
      if (file.toString().endsWith(".part")) {
        Files.delete(file);
      }
    }
    assertThatThrownBy(() -> open(largeFiles(), 2, state))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("Cannot take over")
        .hasMessageContaining("committed output");
  }

  @Test
  void aFileInPlaceOfTheDirectoryIsRefused() throws Exception {
    Files.createFile(out());
    assertThatThrownBy(() -> open(largeFiles(), 1, NOTHING))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it is no directory");
  }

  @Test
  void aFullDiskStopsTheWriterAndLosesNothing() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(temporary, 1)) {
      Path ballast = disk.ballast(600_000);
      Path out = disk.directory().resolve("out");
      FileSink<Count> sink = FileSink.jsonLines(out);
      SinkWriter<Count> writer = open(sink, 1, NOTHING);
      write(writer, "a");
      byte[] state = writer.prepare();
      writer.commit();
      String word = "x".repeat(1_000);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  write(writer, word);
                }
              })
          .isInstanceOf(StateStoreException.class)
          .hasMessageContaining("the disk is full")
          .hasMessageContaining("Free space there");
      writer.abort();
      writer.close();
      Files.delete(ballast);
      SinkWriter<Count> successor = open(sink, 2, state);
      successor.endOfInput();
      assertThat(successor.prepare()).isNotEmpty();
      successor.commit();
      try (Stream<Path> found = Files.list(out)) {
        Path file = found.filter(Files::isRegularFile).findFirst().orElseThrow();
        assertThat(Files.readAllLines(file)).containsExactly(json("a"));
      }
    }
  }

  // ------------------------------------------------------------------ formats

  enum Color {
    RED
  }

  record Row(
      String text,
      int number,
      double real,
      Instant at,
      Color color,
      Optional<String> note,
      List<Integer> list) {}

  record Renamed(String label) {}

  private void writeRows(SinkWriter<Object> writer, Object... rows) throws Exception {
    for (Object row : rows) {
      writer.write(row, 0);
    }
  }

  @Test
  void csvIsQuotedWhereItHasToBe() throws Exception {
    SinkWriter<Object> writer = open(FileSink.csv(out()), 1, NOTHING);
    Instant at = Instant.parse("2026-01-02T03:04:05Z");
    writeRows(
        writer,
        new Row("plain", 1, 0.5, at, Color.RED, Optional.empty(), List.of()),
        new Row("a,\"b\"\nc", -2, 1e100, at, Color.RED, Optional.of(""), List.of(1, 2)),
        new Row("dürüm", 3, 0, at, Color.RED, Optional.of("yes"), List.of(7)));
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEmpty();
    writer.commit();
    assertThat(files()).hasSize(1);
    assertThat(files().get(0).toString()).endsWith(".csv");
    assertThat(Files.readString(files().get(0)))
        .isEqualTo(
            "text,number,real,at,color,note,list\n"
                + "plain,1,0.5,2026-01-02T03:04:05Z,RED,,[]\n"
                + "\"a,\"\"b\"\"\nc\",-2,1.0E100,2026-01-02T03:04:05Z,RED,\"\",\"[1,2]\"\n"
                + "dürüm,3,0.0,2026-01-02T03:04:05Z,RED,yes,[7]\n");
  }

  @Test
  void everyCsvFileHasItsHeaderAndOtherColumnsGetAFileOfTheirOwn() throws Exception {
    SinkWriter<Object> first = open(FileSink.csv(out()), 1, NOTHING);
    writeRows(first, new Renamed("a"));
    byte[] state = first.prepare();
    first.commit();
    SinkWriter<Object> second = open(FileSink.csv(out()), 2, state);
    writeRows(second, new Renamed("b"));
    byte[] next = second.prepare();
    second.commit();
    SinkWriter<Object> third = open(FileSink.csv(out()), 3, next);
    writeRows(third, new Count("c", 1));
    third.endOfInput();
    assertThat(third.prepare()).isNotEmpty();
    third.commit();
    assertThat(files()).hasSize(2);
    assertThat(Files.readString(files().get(0))).isEqualTo("label\na\nb\n");
    assertThat(Files.readString(files().get(1))).isEqualTo("word,count\nc,1\n");
  }

  record Maybe(OptionalInt small, OptionalLong large, OptionalDouble real) {}

  @Test
  void numbersThatAreNotThereAreNothingInCsv() throws Exception {
    SinkWriter<Object> writer = open(FileSink.csv(out()), 1, NOTHING);
    writeRows(
        writer,
        new Maybe(OptionalInt.of(1), OptionalLong.empty(), OptionalDouble.of(0.5)),
        new Maybe(OptionalInt.empty(), OptionalLong.of(2), OptionalDouble.empty()));
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEmpty();
    writer.commit();
    assertThat(lines()).containsExactly("small,large,real", "1,,0.5", ",2,");
  }

  /** As the cases of a sealed type are. */
  @Test
  void recordsWithOtherColumnsAreNotWrittenUnderTheHeaderOfTheFirst() throws Exception {
    SinkWriter<Object> writer = open(FileSink.csv(out()), 1, NOTHING);
    writeRows(writer, new Count("a", 1));
    assertThatThrownBy(() -> writeRows(writer, new Renamed("b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has others than");
    writeRows(writer, new Count("c", 2));
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEmpty();
    writer.commit();
    assertThat(lines()).containsExactly("word,count", "a,1", "c,2");
  }

  @Test
  void aValueThatCannotBeWrittenLeavesNoTrace() throws Exception {
    SinkWriter<Object> writer = open(FileSink.csv(out()), 1, NOTHING);
    assertThatThrownBy(() -> writeRows(writer, "no record"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("records only");
    writeRows(writer, new Count("a", 1));
    assertThatThrownBy(() -> writeRows(writer, "no record"))
        .isInstanceOf(IllegalArgumentException.class);
    writeRows(writer, new Count("b", 1));
    writer.endOfInput();
    assertThat(writer.prepare()).isNotEmpty();
    writer.commit();
    assertThat(lines()).containsExactly("word,count", "a,1", "b,1");
  }

  @Test
  void stateSurvivesItsEncoding() {
    PreparedFiles files =
        new PreparedFiles(
            "/out", "owner", List.of("a", "b"), new PreparedFiles.Open("c", 1L << 40, -1));
    assertThat(PreparedFiles.decode(files.encode())).isEqualTo(files);
    PreparedFiles none = new PreparedFiles("/out", "owner", List.of(), null);
    assertThat(PreparedFiles.decode(none.encode())).isEqualTo(none);
    assertThat(new HashSet<>(Arrays.asList(files, none))).hasSize(2);
  }

  @Test
  void senselessOptionsAreRefused() {
    assertThatThrownBy(() -> largeFiles().rollAtBytes(0))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> largeFiles().rollEvery(Duration.ZERO))
        .isInstanceOf(ConfigurationException.class);
  }
}
