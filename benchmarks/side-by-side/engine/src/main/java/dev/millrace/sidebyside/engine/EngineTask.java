package dev.millrace.sidebyside.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One run of an engine, as a command line carries it.
 *
 * @param engine the name of the engine, for those that have several
 * @param workload what to compute
 * @param goal what it is measured for
 * @param tuning whose settings it runs with
 * @param bootstrapServers where Kafka is
 * @param name the name of the job, another one in each run; what the engine keeps in Kafka is kept
 *     under it
 * @param input the topic to read, from its beginning
 * @param output the topic to write, which exists
 * @param partitions how many partitions both topics have
 * @param shuffles how often each record changes from task to task, for a {@link WordJob}
 * @param stateDirectory where local state lies; a run that goes on from an earlier one finds what
 *     that has left there
 * @param overrides settings of the engine that win over all others
 */
public record EngineTask(
    String engine,
    Workload workload,
    Goal goal,
    Tuning tuning,
    String bootstrapServers,
    String name,
    String input,
    String output,
    int partitions,
    int shuffles,
    Path stateDirectory,
    Map<String, String> overrides) {

  private static final String OVERRIDE = "set.";

  /** Copies the map. */
  public EngineTask {
    overrides = Map.copyOf(overrides);
  }

  /** {@return how many tasks can be at work at a time: one per partition, as processors allow} */
  public int parallelism() {
    return Math.min(partitions, Runtime.getRuntime().availableProcessors());
  }

  /** {@return a directory for what would be on storage that all machines can reach} */
  public Path sharedDirectory() {
    return stateDirectory.resolve("shared");
  }

  /** {@return the command line that {@link #parse} reads back} */
  public List<String> toWords() {
    List<String> words = new ArrayList<>();
    words.add("engine=" + engine);
    words.add("workload=" + workload.name());
    words.add("goal=" + goal);
    words.add("tuning=" + tuning);
    words.add("bootstrap=" + bootstrapServers);
    words.add("name=" + name);
    words.add("input=" + input);
    words.add("output=" + output);
    words.add("partitions=" + partitions);
    words.add("shuffles=" + shuffles);
    words.add("state=" + stateDirectory);
    new TreeMap<>(overrides).forEach((key, value) -> words.add(OVERRIDE + key + "=" + value));
    return words;
  }

  /** {@return the task of a command line} */
  static EngineTask parse(String... words) {
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, String> overrides = new LinkedHashMap<>();
    for (String word : words) {
      int at = word.indexOf('=');
      if (at < 0) {
        throw new IllegalArgumentException(
            "Cannot read the command line: a word has no '=' (word="
                + word
                + "). Write key=value.");
      }
      String key = word.substring(0, at);
      String value = word.substring(at + 1);
      if (key.startsWith(OVERRIDE)) {
        overrides.put(key.substring(OVERRIDE.length()), value);
      } else {
        values.put(key, value);
      }
    }
    return new EngineTask(
        required(values, "engine"),
        Workload.named(required(values, "workload")),
        Goal.valueOf(upper(values, "goal")),
        Tuning.valueOf(upper(values, "tuning")),
        required(values, "bootstrap"),
        required(values, "name"),
        required(values, "input"),
        required(values, "output"),
        Integer.parseInt(required(values, "partitions")),
        Integer.parseInt(required(values, "shuffles")),
        Path.of(required(values, "state")),
        overrides);
  }

  private static String upper(Map<String, String> values, String key) {
    return required(values, key).toUpperCase(Locale.ROOT);
  }

  private static String required(Map<String, String> values, String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "Cannot read the command line: a word is missing (key="
              + key
              + "). Write "
              + key
              + "=value.");
    }
    return value;
  }
}
