package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example as users run it: words in, lines of JSON out. */
@WithBroker
final class WordCountJobTest {

  private static final String TEXT =
      "The mill turns; the wheel turns the mill. 'Tis the miller's mill, the mill's wheel.";

  private static final Pattern LINE =
      Pattern.compile(
          "\\{\"word\":\"([^\"]+)\",\"windowStart\":\"([^\"]+)\","
              + "\"windowEnd\":\"([^\"]+)\",\"count\":(\\d+)}");

  @TempDir Path directory;

  @Test
  void countsOfAllWindowsAddUpToThoseOfTheText(TestBroker broker) throws Exception {
    String topic = feed(broker, TEXT.repeat(500));

    run(broker, "--topic", topic, "--window", "1s", "--output", output().toString());

    Map<String, Long> counts = new TreeMap<>();
    for (String line : lines()) {
      Matcher matcher = LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      Instant start = Instant.parse(matcher.group(2));
      assertThat(Instant.parse(matcher.group(3))).isEqualTo(start.plusSeconds(1));
      assertThat(start.getNano()).isZero();
      counts.merge(matcher.group(1), Long.parseLong(matcher.group(4)), Long::sum);
    }
    assertThat(counts).isEqualTo(expected(TEXT, 500));
  }

  @Test
  void anUnknownArgumentIsNamed() {
    assertThatThrownBy(
            () -> {
              JobArguments arguments = JobArguments.of("--windows", "5m");
              new WordCountJob().define(arguments);
              arguments.checkAllUsed();
            })
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--windows")
        .hasMessageContaining("--window");
  }

  private Path output() {
    return directory.resolve("out");
  }

  private void run(TestBroker broker, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--name", broker.uniqueName("wordcount")));
    Job job = new WordCountJob().define(JobArguments.of(all.toArray(String[]::new)));
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", directory.resolve("state").toString())
            .with("until.end", "true");
    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
    }
  }

  private static String feed(TestBroker broker, String text) throws IOException {
    String topic = broker.createTopic(broker.uniqueName("words"), 3);
    StringWriter lines = new StringWriter();
    WordFeeder.to(lines).feed(new StringReader(text));
    List<ProducerRecord<byte[], byte[]>> records =
        lines
            .toString()
            .lines()
            .map(
                line ->
                    new ProducerRecord<byte[], byte[]>(
                        topic, line.getBytes(StandardCharsets.UTF_8)))
            .toList();
    broker.produce(topic, records);
    return topic;
  }

  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    if (Files.exists(output())) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(output(), "*.jsonl")) {
        for (Path file : files) {
          lines.addAll(Files.readAllLines(file));
        }
      }
    }
    return lines;
  }

  private static Map<String, Long> expected(String text, long times) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^a-z']+", 0))
        .collect(
            Collectors.groupingBy(
                Function.identity(), TreeMap::new, Collectors.summingLong(word -> times)));
  }
}
