package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.Tuning;
import dev.millrace.sidebyside.engine.Workload;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** The command line. */
final class Arguments {

  static final String USAGE =
      """
      benchmarks/bench --suite SUITE [OPTION...]

        --suite SUITE          wordcount, keys, windows, patterns, scaling, nexmark, latency, idle,
                               recovery
        --engine A,B,...       millrace, kafka-streams, flink-heap, flink-rocksdb, jet
                               (default: all)
        --settings S,...       advised, defaults, or both with a comma (default: advised)
        --rounds N             how often each engine runs, in turn with the others (default: 3)
        --records N            input records (default: the suite's)
        --keys N               different words, or cards (default: the suite's)
        --partitions N         of input and output (default: 2; for scaling several with commas,
                               1,4,16,64)
        --shuffles N           how often each record changes from task to task, for counts of words
                               by latency, idle and wordcount (default: 1; for scaling several with
                               commas, 1,2,3,4,5,6, all but the first with 4 partitions)
        --query Q,...          for nexmark: q0, q1, q2, q3, q5, q7, q8, q11, q12 (default: all)
        --rate N               records per second, for latency, idle and recovery (default: 10000,
                               10 for idle); for nexmark per second of event time (default: 50000)
        --seconds N            how long is measured, for latency and idle (default: 60)
        --warmup N             seconds before that (default: 60), and half of those before a kill
                               (default: 30)
        --slot same|other      what goes on after the kill: one with the state on disk, or without
                               (default: same)
        --jvm 'OPTIONS'        for each engine (default: -Xmx2g, for throughput with
                               -XX:+UseParallelGC)
        --set ENGINE:KEY=VALUE a setting of an engine, which wins over all others
        --busy mark|refuse     what to do when others use the CPU (default: mark)
        --timeout MINUTES      how long a run may take (default: 30)
        --out DIRECTORY        where results go (default: benchmarks/results)
      """;

  /** As many as inputs have whose records are shuffled several times. */
  private static final int SHUFFLED_PARTITIONS = 4;

  private final Suite suite;
  private final Map<String, String> options;
  private final Map<EngineChoice, Map<String, String>> overrides;

  private Arguments(
      Suite suite, Map<String, String> options, Map<EngineChoice, Map<String, String>> overrides) {
    this.suite = suite;
    this.options = options;
    this.overrides = overrides;
  }

  /** The treatment of a run during which other processes use the CPU. */
  enum WhenBusy {
    MARK,
    REFUSE
  }

  /** The process that goes on in place of an engine that was killed. */
  enum Slot {
    /** One that finds its local state. */
    SAME,
    /** One without, as on another machine. */
    OTHER
  }

  static Arguments parse(String... words) {
    List<String> known =
        USAGE
            .lines()
            .map(String::trim)
            .filter(line -> line.startsWith("--"))
            .map(line -> line.split(" ")[0])
            .toList();
    Map<String, String> options = new HashMap<>();
    Map<EngineChoice, Map<String, String>> overrides = new HashMap<>();
    for (int i = 0; i < words.length; i += 2) {
      if (!known.contains(words[i])) {
        throw new IllegalArgumentException(
            "Cannot read the command line: unknown option (option=" + words[i] + "). See --help.");
      }
      if (i + 1 == words.length) {
        throw new IllegalArgumentException(
            "Cannot read the command line: an option has no value (option="
                + words[i]
                + "). See --help.");
      }
      if (words[i].equals("--set")) {
        addOverride(words[i + 1], overrides);
      } else {
        options.put(words[i], words[i + 1]);
      }
    }
    String suite = options.get("--suite");
    if (suite == null) {
      throw new IllegalArgumentException(
          "Cannot read the command line: no suite was named. Pass --suite; see --help.");
    }
    Arguments arguments = new Arguments(Suite.named(suite), options, overrides);
    arguments.checkAll();
    return arguments;
  }

  private static void addOverride(String word, Map<EngineChoice, Map<String, String>> overrides) {
    int colon = word.indexOf(':');
    int equals = word.indexOf('=', colon);
    if (colon < 0 || equals < 0) {
      throw new IllegalArgumentException(
          "Cannot read the command line: a setting has another form (--set="
              + word
              + "). Write ENGINE:KEY=VALUE.");
    }
    overrides
        .computeIfAbsent(EngineChoice.named(word.substring(0, colon)), engine -> new HashMap<>())
        .put(word.substring(colon + 1, equals), word.substring(equals + 1));
  }

  /** Fails now rather than after minutes. */
  private void checkAll() {
    contenders();
    records();
    keys();
    rounds();
    timeoutMinutes();
    rate();
    seconds();
    warmUpSeconds();
    slot();
    whenBusy();
  }

  Suite suite() {
    return suite;
  }

  /** {@return who takes part, in order; the bare consumer of each input is the limit} */
  List<Contender> contenders() {
    List<Contender> contenders = new ArrayList<>();
    Set<Integer> inputs = new HashSet<>();
    for (Variant variant : variants()) {
      if (suite.hasBareConsumer() && inputs.add(variant.partitions())) {
        String label = suite == Suite.SCALING ? variant.label() : "";
        Variant input = new Variant(variant.workload(), variant.partitions(), 1, label);
        contenders.add(new Contender(EngineChoice.CONSUMER, Tuning.ADVISED, input));
      }
      for (EngineChoice engine : engines()) {
        if (engine.computes(variant.workload())) {
          for (String tuning : options.getOrDefault("--settings", "advised").split(",")) {
            contenders.add(
                new Contender(engine, oneOf(Tuning.class, "--settings", tuning), variant));
          }
        }
      }
    }
    return contenders;
  }

  private List<EngineChoice> engines() {
    String all =
        String.join(
            ",",
            Arrays.stream(EngineChoice.values())
                .filter(engine -> engine.takesPart(suite))
                .map(EngineChoice::label)
                .toList());
    List<EngineChoice> engines = new ArrayList<>();
    for (String name : options.getOrDefault("--engine", all).split(",")) {
      EngineChoice engine = EngineChoice.named(name);
      if (!engine.takesPart(suite)) {
        throw new IllegalArgumentException(
            "Cannot run the suite: this engine cannot take part (suite="
                + suite.label()
                + ", engine="
                + name
                + "). Leave it out.");
      }
      if (engine != EngineChoice.CONSUMER) {
        engines.add(engine);
      }
    }
    return engines;
  }

  /** {@return what each engine is asked for, in order} */
  List<Variant> variants() {
    if (suite == Suite.SCALING) {
      return scaling();
    }
    int partitions = number("--partitions").orElse(2);
    int shuffles = number("--shuffles").orElse(1);
    if (suite != Suite.NEXMARK) {
      return List.of(new Variant(suite.workloads().get(0), partitions, shuffles, ""));
    }
    String queries = options.get("--query");
    List<Query> chosen =
        queries == null
            ? List.of(Query.values())
            : Arrays.stream(queries.split(",")).map(Query::labelled).toList();
    return chosen.stream().map(query -> new Variant(query, partitions, 1, query.label())).toList();
  }

  private List<Variant> scaling() {
    Workload workload = suite.workloads().get(0);
    List<Integer> shuffles = numbers("--shuffles", "1,2,3,4,5,6");
    List<Variant> variants = new ArrayList<>();
    for (int partitions : numbers("--partitions", "1,4,16,64")) {
      variants.add(scaled(workload, partitions, shuffles.get(0)));
    }
    for (int more : shuffles.subList(1, shuffles.size())) {
      variants.add(scaled(workload, SHUFFLED_PARTITIONS, more));
    }
    return variants;
  }

  private static Variant scaled(Workload workload, int partitions, int shuffles) {
    return new Variant(
        workload,
        partitions,
        shuffles,
        counted(partitions, "partition") + ", " + counted(shuffles, "shuffle"));
  }

  private static String counted(int number, String things) {
    return number + " " + things + (number == 1 ? "" : "s");
  }

  int rounds() {
    return number("--rounds").orElse(3);
  }

  int records() {
    return number("--records").orElse(suite.records());
  }

  int keys() {
    return number("--keys").orElse(suite.keys());
  }

  int timeoutMinutes() {
    return number("--timeout").orElse(30);
  }

  /** {@return records per second, of the clock or of event time, for suites at a rate} */
  int rate() {
    return number("--rate").orElse(suite.rate());
  }

  int seconds() {
    return number("--seconds").orElse(60);
  }

  int warmUpSeconds() {
    return number("--warmup").orElse(suite.warmUpSeconds());
  }

  Slot slot() {
    return oneOf(Slot.class, "--slot", options.getOrDefault("--slot", "same"));
  }

  List<String> jvmOptions() {
    String standard = suite.goal() == Goal.THROUGHPUT ? "-Xmx2g -XX:+UseParallelGC" : "-Xmx2g";
    return List.of(options.getOrDefault("--jvm", standard).trim().split(" +"));
  }

  Map<String, String> overrides(EngineChoice engine) {
    return overrides.getOrDefault(engine, Map.of());
  }

  WhenBusy whenBusy() {
    return oneOf(WhenBusy.class, "--busy", options.getOrDefault("--busy", "mark"));
  }

  Path directory() {
    return Path.of(options.getOrDefault("--out", "benchmarks/results"));
  }

  private OptionalInt number(String option) {
    String value = options.get(option);
    return value == null ? OptionalInt.empty() : OptionalInt.of(number(option, value));
  }

  private List<Integer> numbers(String option, String otherwise) {
    return Arrays.stream(options.getOrDefault(option, otherwise).split(","))
        .map(value -> number(option, value))
        .toList();
  }

  private static int number(String option, String value) {
    try {
      int number = Integer.parseInt(value.replace("_", ""));
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below, as a number out of range is.
    }
    throw new IllegalArgumentException(
        "Cannot read the command line: not a number above 0 ("
            + option
            + "="
            + value
            + "). See --help.");
  }

  private static <E extends Enum<E>> E oneOf(Class<E> type, String option, String value) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().toLowerCase(Locale.ROOT).equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot read the command line: unknown value ("
                        + option
                        + "="
                        + value
                        + "). See --help."));
  }
}
