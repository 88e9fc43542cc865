package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.FileSource;
import dev.millrace.connector.GeneratorSource;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.SplitOutput;
import dev.millrace.connector.SplitReader;
import dev.millrace.connector.SplitSource;
import dev.millrace.connector.WriterSink;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.JobActiveException;
import dev.millrace.serde.TypeRef;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files, generators, the console and a user's own connectors in whole jobs, on a real broker. */
@WithBroker
final class ConnectorsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Pattern COUNT = Pattern.compile("\\{\"word\":\"(.*)\",\"count\":(\\d+)}");

  record Count(String word, long count) {}

  record Tick(long number, Instant at) {}

  @TempDir Path temporary;

  private JobConfig config(TestBroker broker) {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("state.dir", temporary.resolve("state").toString());
  }

  private JobConfig untilEnd(TestBroker broker) {
    return config(broker).with("until.end", "true");
  }

  private static void runToEnd(Job job, JobConfig config) throws InterruptedException {
    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(PATIENCE)).isTrue();
      assertThat(running.failure()).isEmpty();
      assertThat(running.state()).isEqualTo(InstanceState.FINISHED);
    }
  }

  /** Starts a job again and again, stopping it in good order each time, until it is through. */
  private static int runInPieces(Job job, JobConfig config, String stage, long recordsPerPiece)
      throws InterruptedException {
    for (int pieces = 1; ; pieces++) {
      assertThat(pieces).isLessThan(100);
      try (RunningJob running = Millrace.start(job, config)) {
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(5))
            .until(
                () ->
                    running.state() == InstanceState.FINISHED
                        || running.failure().isPresent()
                        || running.metrics().stages().get(stage).recordsIn() >= recordsPerPiece);
        assertThat(running.failure()).isEmpty();
        if (running.state() == InstanceState.FINISHED) {
          return pieces;
        }
      }
    }
  }

  private Path words(int files, int lines, long seed, Map<String, Long> expected)
      throws IOException {
    Path directory = Files.createDirectories(temporary.resolve("in"));
    Random random = new Random(seed);
    for (int file = 0; file < files; file++) {
      StringBuilder text = new StringBuilder();
      for (int line = 0; line < lines; line++) {
        for (int i = random.nextInt(6); i >= 0; i--) {
          String word = "w" + random.nextInt(300);
          expected.merge(word, 1L, Long::sum);
          text.append(word).append(i == 0 ? "\n" : " ");
        }
      }
      Files.writeString(directory.resolve("part-" + file + ".txt"), text);
    }
    return directory;
  }

  private static List<String> lines(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> found = Files.list(directory)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        lines.addAll(Files.readAllLines(file, StandardCharsets.UTF_8));
      }
    }
    return lines;
  }

  private static Map<String, Long> largestCounts(Path directory) throws IOException {
    Map<String, Long> counts = new HashMap<>();
    for (String line : lines(directory)) {
      Matcher matcher = COUNT.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      counts.merge(matcher.group(1), Long.parseLong(matcher.group(2)), Long::max);
    }
    return counts;
  }

  private Job wordCount(TestBroker broker, FileSource<String> source, Path out) {
    Job job = Job.named(broker.uniqueName("files"));
    job.source(source)
        .name("lines")
        .flatMap(
            String.class,
            (line, to) -> {
              LockSupport.parkNanos(1);
              for (String word : line.split(" ")) {
                to.emit(word);
              }
            })
        .map(word -> word)
        .returns(TypeRef.of(String.class))
        .keyBy(String.class, word -> word)
        .count()
        .changes()
        .filter(change -> !change.kind().retracts())
        .map(Count.class, change -> new Count(change.key(), change.value()))
        .to(FileSink.<Count>jsonLines(out).rollAtBytes(20_000));
    return job;
  }

  @Test
  void countsFromFilesToFilesAreExact(TestBroker broker) throws Exception {
    Map<String, Long> expected = new HashMap<>();
    Path in = words(3, 5_000, 1, expected);
    Path out = temporary.resolve("out");
    runToEnd(wordCount(broker, FileSource.lines(in).splitBytes(20_000), out), untilEnd(broker));
    assertThat(largestCounts(out)).isEqualTo(expected);
  }

  @Test
  void stoppingAndStartingInTheMiddleOfASplitChangesNothing(TestBroker broker) throws Exception {
    Map<String, Long> expected = new HashMap<>();
    Path in = words(1, 40_000, 2, expected);
    Path out = temporary.resolve("out");
    Job job = wordCount(broker, FileSource.lines(in), out);
    int pieces = runInPieces(job, untilEnd(broker), "lines", 8_000);
    assertThat(pieces).isGreaterThan(2);
    assertThat(largestCounts(out)).isEqualTo(expected);
    // No change of the table is there twice, none is missing its file's line end.
    assertThat(lines(out)).doesNotHaveDuplicates();
  }

  @Test
  void aResetReadsAndWritesTheFilesAnew(TestBroker broker) throws Exception {
    Map<String, Long> expected = new HashMap<>();
    Path in = words(2, 1_000, 3, expected);
    Path out = temporary.resolve("out");
    Job job = wordCount(broker, FileSource.lines(in).splitBytes(5_000), out);
    runToEnd(job, untilEnd(broker));
    assertThat(largestCounts(out)).isEqualTo(expected);
    words(1, 500, 4, expected = new HashMap<>());
    Files.delete(in.resolve("part-1.txt"));
    deleteFiles(out);

    try (JobAdmin admin = JobAdmin.connect(config(broker))) {
      await() // On a busy machine members may leave a little later than their instance.
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(JobActiveException.class)
          .until(
              () -> {
                admin.reset(
                    admin.planReset(job.name(), ResetRequest.to(new ResetTarget.Earliest())));
                return true;
              });
    }
    runToEnd(job, untilEnd(broker));
    assertThat(largestCounts(out)).isEqualTo(expected);
  }

  private static void deleteFiles(Path directory) throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void generatedRecordsComeOnceAndAtTheirRate(TestBroker broker) throws Exception {
    String out = broker.createTopic(broker.uniqueName("numbers"), 2);
    Job job = Job.named(broker.uniqueName("generated"));
    job.source(GeneratorSource.of(Long.class, i -> i).count(900).ratePerSecond(600).splits(3))
        .to(KafkaSink.<Long>json(out));
    long begun = System.nanoTime();
    int pieces = runInPieces(job, untilEnd(broker), "generator", 250);
    assertThat(System.nanoTime() - begun).isGreaterThan(Duration.ofMillis(1_000).toNanos());
    assertThat(pieces).isGreaterThan(1);
    List<Long> numbers = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(out)) {
      numbers.add(Long.parseLong(new String(record.value(), StandardCharsets.UTF_8)));
    }
    assertThat(numbers)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 900).boxed().toList());
  }

  @Test
  void splitsOfAnAttemptThatWasFencedAreNotCounted(TestBroker broker) throws Exception {
    String name = broker.uniqueName("fenced");
    String splits =
        broker.createTopic(
            name + ".generator.splits",
            4,
            Map.of(
                "message.timestamp.type", "LogAppendTime",
                "retention.ms", "-1",
                "retention.bytes", "-1"));
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", broker.bootstrapServers(), "transactional.id", name + "-old"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int partition = 0; partition < 4; partition++) {
        producer.send(new ProducerRecord<>(splits, partition, null, new byte[] {1}));
      }
      producer.flush();
      producer.abortTransaction();
    }
    Path out = temporary.resolve("out");
    Job job = Job.named(name);
    job.source(GeneratorSource.of(Long.class, i -> i).count(100)).to(FileSink.jsonLines(out));
    runToEnd(job, untilEnd(broker));
    assertThat(lines(out).stream().map(Long::parseLong))
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 100).boxed().toList());
  }

  @Test
  void linesOnTheConsoleAreCommitted(TestBroker broker) throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    Job job = Job.named(broker.uniqueName("console"));
    job.source(GeneratorSource.of(Long.class, i -> i).count(1_000))
        .filter(number -> number % 2 == 0)
        .to(ConsoleSink.to(new PrintStream(printed, false, StandardCharsets.UTF_8)));
    runToEnd(job, untilEnd(broker));
    assertThat(printed.toString(StandardCharsets.UTF_8).lines().map(Long::parseLong))
        .containsExactlyInAnyOrderElementsOf(
            LongStream.range(0, 500).map(i -> 2 * i).boxed().toList());
  }

  @Test
  void filesArePublishedWithoutNewRecords(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("numbers"), 1);
    Path out = temporary.resolve("out");
    Job job = Job.named(broker.uniqueName("idle"));
    job.source(KafkaSource.strings(in))
        .to(FileSink.<String>jsonLines(out).rollEvery(Duration.ofSeconds(1)));
    broker.produce(in, List.of(record(in, "a"), record(in, "b")));
    try (RunningJob running = Millrace.start(job, config(broker))) {
      await()
          .atMost(PATIENCE)
          .until(() -> Files.exists(out) && lines(out).equals(List.of("\"a\"", "\"b\"")));
      assertThat(running.failure()).isEmpty();
    }
  }

  @Test
  void windowsCloseWhenAllSplitsAreReadAlsoInARunWithoutEnd(TestBroker broker) throws Exception {
    Path out = temporary.resolve("out");
    Instant start = Instant.parse("2026-01-01T00:00:00Z");
    Job job = Job.named(broker.uniqueName("windows"));
    // Two splits for four tasks: those without work must not hold time back.
    job.source(
            GeneratorSource.of(Tick.class, i -> new Tick(i, start.plusMillis(i)))
                .count(1_000)
                .splits(2)
                .eventTime(Tick::at)
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMillis(100))))
        .keyBy(String.class, tick -> "all")
        .window(Windows.tumbling(Duration.ofMillis(100)))
        .count()
        .map(Count.class, r -> new Count(r.window().start().toString(), r.value()))
        .to(FileSink.jsonLines(out));
    try (RunningJob running = Millrace.start(job, config(broker))) {
      await().atMost(PATIENCE).until(() -> Files.exists(out) && lines(out).size() >= 10);
      assertThat(running.failure()).isEmpty();
      // The state follows what the workers do a moment later.
      await().atMost(PATIENCE).until(() -> running.state() == InstanceState.RUNNING);
    }
    Map<String, Long> expected = new TreeMap<>();
    for (int i = 0; i < 10; i++) {
      expected.put(start.plusMillis(100 * i).toString(), 100L);
    }
    assertThat(largestCounts(out)).isEqualTo(expected);
    assertThat(lines(out)).hasSize(10);
  }

  @Test
  void malformedLinesGoToTheDeadLetters(TestBroker broker) throws Exception {
    Path in = temporary.resolve("in.jsonl");
    Files.writeString(in, "{\"word\":\"a\",\"count\":1}\noops\n{\"word\":\"b\",\"count\":2}\n");
    Path out = temporary.resolve("out");
    String name = broker.uniqueName("letters");
    Job job = Job.named(name);
    job.source(FileSource.jsonLines(in, Count.class))
        .onError(ErrorPolicy.deadLetter())
        .filter(
            count -> {
              if (count.count() == 2) {
                throw new IllegalStateException("no twos");
              }
              return true;
            })
        .onError(ErrorPolicy.deadLetter())
        .to(FileSink.jsonLines(out));
    runToEnd(job, untilEnd(broker));
    assertThat(lines(out)).containsExactly("{\"word\":\"a\",\"count\":1}");
    assertThat(broker.consumeAll(name + ".errors"))
        .extracting(record -> new String(record.value(), StandardCharsets.UTF_8))
        .containsExactly("oops", "{\"word\":\"b\",\"count\":2}");
  }

  @Test
  void malformedLinesStopTheJobByDefault(TestBroker broker) throws Exception {
    Path in = temporary.resolve("in.jsonl");
    Files.writeString(in, "{\"word\":\"a\",\"count\":1}\noops\n");
    Job job = Job.named(broker.uniqueName("malformed"));
    job.source(FileSource.jsonLines(in, Count.class))
        .to(FileSink.jsonLines(temporary.resolve("out")));
    try (RunningJob running = Millrace.start(job, untilEnd(broker))) {
      assertThat(running.awaitTermination(PATIENCE)).isTrue();
      assertThat(running.failure().map(Throwable::getMessage).orElse(""))
          .contains("Cannot decode JSON")
          .contains("in.jsonl, line at byte 23");
    }
  }

  @Test
  void missingInputIsRefusedAtTheStart(TestBroker broker) {
    Job job = Job.named(broker.uniqueName("missing"));
    job.source(FileSource.lines(temporary.resolve("none.txt"))).to(ConsoleSink.lines());
    assertThatThrownBy(() -> Millrace.start(job, untilEnd(broker)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("none.txt: there is no such file or directory");
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, String value) {
    return new ProducerRecord<>(topic, 0, null, value.getBytes(StandardCharsets.UTF_8));
  }

  // ------------------------------------------------------------------ a user's own connectors

  /** A source of one's own: ranges of numbers, a few at a time. */
  private static final class Ranges implements SplitSource<Long> {
    private final long rangeSize;
    private final int ranges;

    Ranges(long rangeSize, int ranges) {
      this.rangeSize = rangeSize;
      this.ranges = ranges;
    }

    @Override
    public String name() {
      return "ranges";
    }

    @Override
    public TypeRef<Long> type() {
      return TypeRef.of(Long.class);
    }

    @Override
    public List<byte[]> splits() {
      List<byte[]> splits = new ArrayList<>();
      for (int i = 0; i < ranges; i++) {
        splits.add(Long.toString(i * rangeSize).getBytes(StandardCharsets.UTF_8));
      }
      return splits;
    }

    @Override
    public SplitReader<Long> open(byte[] split, byte[] position) {
      long start = Long.parseLong(new String(split, StandardCharsets.UTF_8));
      long from = position.length == 0 ? start : ByteBuffer.wrap(position).getLong();
      return new Range(from, start + rangeSize);
    }

    private static final class Range implements SplitReader<Long> {
      private long next;
      private final long end;
      private boolean rest;

      Range(long next, long end) {
        this.next = next;
        this.end = end;
      }

      @Override
      public Progress read(SplitOutput<Long> out, int maxRecords) {
        rest = !rest;
        if (rest) {
          return Progress.LATER;
        }
        for (int i = 0; i < Math.min(50, maxRecords) && next < end; i++) {
          out.emit(next, 0);
          next++;
        }
        return next < end ? Progress.LATER : Progress.END;
      }

      @Override
      public byte[] position() {
        return ByteBuffer.allocate(Long.BYTES).putLong(next).array();
      }

      @Override
      public void close() {}
    }
  }

  /**
   * A sink of one's own: what a transaction wrote is in its state, so that it can be entered again
   * under the same key, by whoever finds it.
   */
  private static final class Ledger implements WriterSink<Long> {
    private final Map<String, List<Long>> entries = new ConcurrentHashMap<>();

    @Override
    public String name() {
      return "ledger";
    }

    @Override
    public boolean keepsState() {
      return true;
    }

    List<Long> all() {
      return entries.values().stream().flatMap(List::stream).toList();
    }

    @Override
    public SinkWriter<Long> open(SinkContext context) {
      byte[] committed = context.committedState();
      if (committed.length > 0) {
        enter(committed);
      }
      return new Writer(context);
    }

    private void enter(byte[] state) {
      String[] parts = new String(state, StandardCharsets.UTF_8).split(" ");
      List<Long> numbers = new ArrayList<>();
      for (int i = 1; i < parts.length; i++) {
        numbers.add(Long.parseLong(parts[i]));
      }
      entries.put(parts[0], numbers);
    }

    private final class Writer implements SinkWriter<Long> {
      private final SinkContext context;
      private final StringBuilder pending = new StringBuilder();
      private byte[] prepared = {};
      private int transaction;

      Writer(SinkContext context) {
        this.context = context;
      }

      @Override
      public void write(Long value, long timeMs) {
        pending.append(' ').append(value);
      }

      @Override
      public byte[] prepare() {
        transaction++;
        String key = context.task() + "/" + context.ownerEpoch() + "/" + transaction;
        prepared = (key + pending).getBytes(StandardCharsets.UTF_8);
        return prepared;
      }

      @Override
      public void commit() {
        enter(prepared);
        pending.setLength(0);
      }

      @Override
      public void abort() {
        pending.setLength(0);
      }

      @Override
      public void close() {}
    }
  }

  @Test
  void aSourceAndASinkOfOnesOwnAreExactlyOnce(TestBroker broker) throws Exception {
    Ledger ledger = new Ledger();
    Job job = Job.named(broker.uniqueName("own"));
    job.source(new Ranges(1_000, 6)).map(Long.class, number -> number * 2).to(ledger);
    int pieces = runInPieces(job, untilEnd(broker), "ranges", 1_000);
    assertThat(pieces).isGreaterThan(1);
    assertThat(ledger.all())
        .containsExactlyInAnyOrderElementsOf(
            LongStream.range(0, 6_000).map(i -> 2 * i).boxed().toList());
  }

  @Test
  void changesReachAFileOnceInEachCommit(TestBroker broker) throws Exception {
    Path out = temporary.resolve("out");
    Job job = Job.named(broker.uniqueName("changes"));
    job.source(GeneratorSource.of(Long.class, i -> i).count(100))
        .keyBy(Long.class, number -> number % 10)
        .count()
        .to(FileSink.csv(out));
    runToEnd(job, untilEnd(broker));
    List<String> lines = lines(out);
    assertThat(lines.get(0)).isEqualTo("kind,key,value");
    assertThat(lines).filteredOn(line -> line.startsWith(Change.Kind.INSERT.name())).hasSize(10);
  }
}
