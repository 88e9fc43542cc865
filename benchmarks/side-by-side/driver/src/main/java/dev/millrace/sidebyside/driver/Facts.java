package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.Query;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.AppInfoParser;

/** The facts that a reader of figures needs to know about how they were measured. */
final class Facts {

  private Facts() {}

  static Map<String, String> of(Arguments arguments, LocalDateTime time) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "measured",
        time.truncatedTo(ChronoUnit.MINUTES)
            + ", revision "
            + System.getProperty("revision", "unknown"));
    facts.put("job", jobs(arguments) + ", exactly-once");
    facts.put("input", input(arguments));
    facts.put(
        "machine",
        Rig.processors()
            + " processors, "
            + cpuModel()
            + ", "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.version"));
    facts.put("broker", "one, Kafka " + AppInfoParser.getVersion() + ", on the same machine");
    facts.put(
        "engines",
        "each alone in a JVM of its own, Java "
            + Runtime.version()
            + ", "
            + String.join(" ", arguments.jvmOptions()));
    if (arguments.suite().goal() == Goal.RECOVERY) {
      facts.put(
          "after the kill",
          arguments.slot() == Arguments.Slot.SAME
              ? "started again at once with the state on its disk"
              : "started at once without state on its disk");
    }
    facts.put("rounds", arguments.rounds() + ", engines in turn");
    return facts;
  }

  private static String jobs(Arguments arguments) {
    List<Variant> variants = arguments.variants();
    if (variants.size() > 1) {
      return variants.stream().map(Variant::label).collect(Collectors.joining("; "));
    }
    Variant only = variants.get(0);
    String job = only.workload().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return job + ", partitions: " + only.partitions() + ", shuffles: " + only.shuffles();
  }

  private static String input(Arguments arguments) {
    if (arguments.suite() == Suite.NEXMARK) {
      return String.format(
          Locale.ROOT,
          "%,d events, %,d per second of event time, and %d s more that do not count in windows",
          arguments.records(),
          arguments.rate(),
          Query.AFTER.toSeconds());
    }
    if (arguments.suite() == Suite.PATTERNS) {
      return String.format(
          Locale.ROOT,
          "%,d payments of %,d cards, one of a card in %d s of event time",
          arguments.records(),
          arguments.keys(),
          PaymentSequence.PAUSE.toSeconds());
    }
    String records =
        switch (arguments.suite().goal()) {
          case THROUGHPUT ->
              String.format(Locale.ROOT, "%,d records", arguments.records())
                  + (arguments.suite() == Suite.WINDOWS
                      ? " in " + InputTopic.windows(arguments.records()) + " windows"
                      : "");
          case LATENCY ->
              String.format(
                  Locale.ROOT,
                  "%,d records/s for %d s after %d s of warm-up",
                  arguments.rate(),
                  arguments.seconds(),
                  arguments.warmUpSeconds());
          case RECOVERY ->
              String.format(
                  Locale.ROOT,
                  "a record for each word, then %,d records/s, of which %d s before the kill",
                  arguments.rate(),
                  2 * arguments.warmUpSeconds());
        };
    return records + String.format(Locale.ROOT, ", %,d different words", arguments.keys());
  }

  private static String cpuModel() throws IOException {
    return Files.readString(Path.of("/proc/cpuinfo"))
        .lines()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 2))
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }
}
