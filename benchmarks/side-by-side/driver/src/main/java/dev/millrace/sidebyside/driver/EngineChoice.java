package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.Workload;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The engines, each a module with a class path of its own. */
enum EngineChoice {
  /** No engine: what a consumer of the same records can do. */
  CONSUMER("driver", "dev.millrace.sidebyside.driver.BareConsumer", ""),
  MILLRACE("millrace", "dev.millrace.sidebyside.millrace.MillraceEngine", ""),
  KAFKA_STREAMS(
      "kafka-streams",
      "dev.millrace.sidebyside.kafkastreams.KafkaStreamsEngine",
      Names.KAFKA_STREAMS_OPTIONS),
  /** Flink with its state on the heap. */
  FLINK_HEAP("flink", Names.FLINK, Names.FLINK_OPTIONS),
  /** Flink with its state in RocksDB. */
  FLINK_ROCKSDB("flink", Names.FLINK, Names.FLINK_OPTIONS),
  /** Hazelcast Jet. */
  JET("jet", "dev.millrace.sidebyside.jet.JetEngine", Names.JET_OPTIONS);

  private final String module;
  private final String mainClass;
  private final String jvmOptions;

  EngineChoice(String module, String mainClass, String jvmOptions) {
    this.module = module;
    this.mainClass = mainClass;
    this.jvmOptions = jvmOptions;
  }

  /** {@return its name on the command line and in reports} */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the directory of its module} */
  String module() {
    return module;
  }

  /** {@return its main class} */
  String mainClass() {
    return mainClass;
  }

  /** {@return options without which it does not run, as its documentation has them} */
  List<String> jvmOptions() {
    return jvmOptions.isEmpty() ? List.of() : List.of(jvmOptions.split(" "));
  }

  /** {@return whether it can take part in a suite} */
  boolean takesPart(Suite suite) {
    return switch (this) {
      case KAFKA_STREAMS -> suite != Suite.PATTERNS;
      // A member that was killed took its snapshots with it.
      case JET -> suite != Suite.RECOVERY && suite != Suite.PATTERNS;
      default -> true;
    };
  }

  /** {@return whether it has a job for a workload} */
  boolean computes(Workload workload) {
    // Jet closes windows by the clock when more records come, and after the last none do.
    return this != JET || workload != Query.Q12;
  }

  static EngineChoice named(String label) {
    return Arrays.stream(values())
        .filter(choice -> choice.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot run the engine: there is none of that name (engine="
                        + label
                        + "). Choose from "
                        + Arrays.stream(values())
                            .map(EngineChoice::label)
                            .collect(Collectors.joining(", "))
                        + "."));
  }

  /** Names that two engines share; an enum's own constants come too late for its elements. */
  private static final class Names {

    /**
     * It logs a line for each record that is late for a window: gigabytes, which would be measured.
     * That there are such records is seen in the results.
     */
    static final String KAFKA_STREAMS_OPTIONS =
        "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.streams.kstream.internals=error";

    static final String FLINK = "dev.millrace.sidebyside.flink.FlinkEngine";

    /** From the options for Java 17 that Flink's default configuration has. */
    static final String FLINK_OPTIONS =
        "--add-opens=java.base/java.lang=ALL-UNNAMED"
            + " --add-opens=java.base/java.net=ALL-UNNAMED"
            + " --add-opens=java.base/java.io=ALL-UNNAMED"
            + " --add-opens=java.base/java.nio=ALL-UNNAMED"
            + " --add-opens=java.base/java.text=ALL-UNNAMED"
            + " --add-opens=java.base/java.time=ALL-UNNAMED"
            + " --add-opens=java.base/java.util=ALL-UNNAMED"
            + " --add-opens=java.base/java.util.concurrent=ALL-UNNAMED"
            + " --add-opens=java.base/sun.nio.ch=ALL-UNNAMED";

    /** Those that Hazelcast's documentation has for Java 17. */
    static final String JET_OPTIONS =
        "--add-modules=java.se"
            + " --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED"
            + " --add-opens=java.base/java.lang=ALL-UNNAMED"
            + " --add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
            + " --add-opens=java.management/sun.management=ALL-UNNAMED"
            + " --add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED";
  }
}
