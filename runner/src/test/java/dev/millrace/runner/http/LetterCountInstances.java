package dev.millrace.runner.http;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.runner.jobs.LetterCountJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Processes that count letters together, in all and by the hour: a job with topics of its own, and
 * what it is sent.
 */
final class LetterCountInstances implements AutoCloseable {

  static final int PARTITIONS = 6;

  private final TestBroker broker;
  private final String name;
  private final String in;
  private final String out;
  private final List<RunnerProcess> processes = new ArrayList<>();
  private long sent;

  LetterCountInstances(TestBroker broker) {
    this.broker = broker;
    this.name = broker.uniqueName("letters");
    this.in = broker.createTopic(broker.uniqueName("lines"), PARTITIONS);
    this.out = broker.createTopic(broker.uniqueName("letters"), 1);
  }

  /**
   * Starts so many, each with a directory for its state below that one, and with these settings.
   */
  void start(int count, Path directory, String... settings) throws IOException {
    for (int i = 0; i < count; i++) {
      List<String> words = new ArrayList<>(List.of("run", LetterCountJob.class.getName()));
      words.addAll(List.of("-b", broker.bootstrapServers(), "--http", "127.0.0.1:0"));
      words.addAll(List.of("--state-dir", directory.resolve("state-" + i).toString()));
      words.addAll(List.of("--threads", "1"));
      words.addAll(List.of(settings));
      words.addAll(List.of("--", "--in", in, "--out", out, "--name", name, "--windows", "1"));
      processes.add(RunnerProcess.start(words));
    }
  }

  List<RunnerProcess> processes() {
    return processes;
  }

  String name() {
    return name;
  }

  String input() {
    return in;
  }

  String output() {
    return out;
  }

  /** {@return the path of the job} */
  String path() {
    return "/api/v1/jobs/" + name;
  }

  /** Sends so many letters, the alphabet over and over. */
  void send(int records) {
    List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      all.add(TestBroker.text(in, i % PARTITIONS, i, letter(sent + i)));
    }
    broker.produce(in, all);
    sent += records;
  }

  long sent() {
    return sent;
  }

  /** {@return how often each letter was sent} */
  Map<String, Long> expectedCounts() {
    Map<String, Long> counts = new TreeMap<>();
    for (long i = 0; i < sent; i++) {
      counts.merge(letter(i), 1L, Long::sum);
    }
    return counts;
  }

  private static String letter(long record) {
    return Character.toString((int) ('a' + record % 26));
  }

  @Override
  public void close() {
    processes.forEach(RunnerProcess::close);
  }
}
