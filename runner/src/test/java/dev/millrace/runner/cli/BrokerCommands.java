package dev.millrace.runner.cli;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.runner.cli.CommandLine.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;

/** Command lines at a broker, and a job to try them on. */
final class BrokerCommands {

  final String name;
  final String in;
  final String out;
  private final TestBroker broker;
  private final Class<?> job;
  private final Path directory;

  BrokerCommands(TestBroker broker, Class<?> job, Path directory) {
    this.broker = broker;
    this.job = job;
    this.directory = directory;
    this.name = broker.uniqueName("job");
    this.in = broker.createTopic(broker.uniqueName("in"), 2);
    this.out = broker.createTopic(broker.uniqueName("out"), 1);
  }

  /** Writes lines to the job's input, by turns into its partitions. */
  void write(String... lines) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      records.add(TestBroker.text(in, i % 2, 1_000 + i, lines[i]));
    }
    broker.produce(in, records);
  }

  /** Runs a command. */
  Result run(String... words) {
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(1, List.of("-b", broker.bootstrapServers()));
    return CommandLine.run(all.toArray(new String[0]));
  }

  /** Runs the job up to the end of its input. */
  Result runToEnd(String... jobArguments) {
    return run(words(List.of("--until-end"), jobArguments));
  }

  /** Runs the job until the body is done. */
  void whileRunning(Body body) throws Exception {
    Thread endless = new Thread(() -> run(words(List.of("--http", "off"))));
    endless.start();
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> run("status", name).code() == 0);
      body.run();
    } finally {
      endless.interrupt();
      endless.join();
    }
  }

  /** What is done while the job runs. */
  interface Body {
    void run() throws Exception;
  }

  private String[] words(List<String> options, String... jobArguments) {
    List<String> words = new ArrayList<>(List.of("run", job.getName()));
    words.addAll(options);
    words.addAll(List.of("--state-dir", directory.toString(), "--"));
    words.addAll(List.of("--name", name, "--in", in, "--out", out));
    words.addAll(List.of(jobArguments));
    return words.toArray(new String[0]);
  }

  /** {@return the newest value of each key of the job's output} */
  Map<String, String> results() {
    return broker.consumeTable(out);
  }

  static String text(byte[] bytes) {
    return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
  }
}
