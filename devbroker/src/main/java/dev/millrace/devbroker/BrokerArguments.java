package dev.millrace.devbroker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The command line of {@link BrokerMain}: read from strings, written for a child JVM.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param broker what to start
 * @param flags what to do around it
 * @param part the node that this process runs; empty for all nodes of the cluster
 * @param classArchive where to write the class data archive once the broker is ready
 */
record BrokerArguments(
    BrokerOptions broker,
    Set<Flag> flags,
    Optional<ClusterPart> part,
    Optional<Path> classArchive) {

  static final String USAGE =
      """
      Usage: java -jar devbroker.jar [options]
        --brokers 1|3        nodes of the cluster (1)
        --port N             client port of the first node; 0 takes a free one (9092)
        --data DIR           keep the data there; without it the data goes with the broker
        --clean              delete what an earlier broker left in DIR
        --set KEY=VALUE      a Kafka server property, may be repeated
        --exit-with-parent   stop when stdin ends, which is when the parent process has died
        --help               print this
      """;

  static final int DEFAULT_PORT = 9092;

  /** Options without a value. */
  enum Flag {
    EXIT_WITH_PARENT("--exit-with-parent"),
    /** The parent made the data directory for this broker alone: delete it if the parent dies. */
    DELETE_DATA_WITH_PARENT("--delete-data-with-parent"),
    HELP("--help");

    private final String option;

    Flag(String option) {
      this.option = option;
    }
  }

  BrokerArguments {
    flags = Set.copyOf(flags);
  }

  static BrokerArguments of(BrokerOptions broker, Set<Flag> flags) {
    return new BrokerArguments(broker, flags, Optional.empty(), Optional.empty());
  }

  BrokerArguments withBroker(UnaryOperator<BrokerOptions> change) {
    return new BrokerArguments(change.apply(broker), flags, part, classArchive);
  }

  BrokerArguments withPart(ClusterPart one) {
    return new BrokerArguments(broker, flags, Optional.of(one), classArchive);
  }

  BrokerArguments withClassArchive(Optional<Path> file) {
    return new BrokerArguments(broker, flags, part, file);
  }

  boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /**
   * {@return the arguments read from a command line}
   *
   * @throws IllegalArgumentException if they cannot be understood; the message is for the user
   */
  static BrokerArguments parse(List<String> words) {
    BrokerOptions broker = BrokerOptions.singleNode().withPort(DEFAULT_PORT);
    Set<Flag> flags = new TreeSet<>();
    Optional<Path> archive = Optional.empty();
    int nodes = 1;
    int port = DEFAULT_PORT;
    int node = 0;
    List<Integer> controllerPorts = List.of();
    for (int i = 0; i < words.size(); i++) {
      String option = words.get(i);
      Optional<Flag> flag = flag(option);
      if (flag.isPresent()) {
        flags.add(flag.get());
        continue;
      }
      switch (option) {
        case "--clean" -> broker = broker.withExistingData(BrokerOptions.ExistingData.DELETE);
        case "--brokers" -> nodes = number(option, value(words, ++i));
        case "--port" -> port = number(option, value(words, ++i));
        case "--data" -> broker = broker.withDataDirectory(Path.of(value(words, ++i)));
        case "--node" -> node = number(option, value(words, ++i));
        case "--controller-ports" -> controllerPorts = numbers(option, value(words, ++i));
        case "--class-archive" -> archive = Optional.of(Path.of(value(words, ++i)));
        case "--set" -> broker = property(broker, value(words, ++i));
        default ->
            throw new IllegalArgumentException(
                "Cannot read the command line: unknown option (option="
                    + option
                    + "). See --help.");
      }
    }
    BrokerOptions all =
        new BrokerOptions(
            nodes, port, broker.dataDirectory(), broker.existingData(), broker.serverOverrides());
    Optional<ClusterPart> part =
        controllerPorts.isEmpty()
            ? Optional.empty()
            : Optional.of(new ClusterPart(node, controllerPorts));
    return new BrokerArguments(all, flags, part, archive);
  }

  /** {@return the command line that {@link #parse} reads back to these arguments} */
  List<String> toWords() {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--brokers", Integer.toString(broker.nodes())));
    words.addAll(List.of("--port", Integer.toString(broker.firstPort())));
    broker.dataDirectory().ifPresent(dir -> words.addAll(List.of("--data", dir.toString())));
    if (broker.existingData() == BrokerOptions.ExistingData.DELETE) {
      words.add("--clean");
    }
    broker
        .serverOverrides()
        .forEach((key, value) -> words.addAll(List.of("--set", key + "=" + value)));
    part.ifPresent(
        one -> {
          words.addAll(List.of("--node", Integer.toString(one.node())));
          words.add("--controller-ports");
          words.add(
              one.controllerPorts().stream()
                  .map(each -> Integer.toString(each))
                  .collect(Collectors.joining(",")));
        });
    classArchive.ifPresent(file -> words.addAll(List.of("--class-archive", file.toString())));
    for (Flag flag : flags) {
      words.add(flag.option);
    }
    return words;
  }

  private static Optional<Flag> flag(String option) {
    for (Flag flag : Flag.values()) {
      if (flag.option.equals(option)) {
        return Optional.of(flag);
      }
    }
    return Optional.empty();
  }

  private static String value(List<String> words, int index) {
    if (index >= words.size()) {
      throw new IllegalArgumentException(
          "Cannot read the command line: the last option lacks its value (option="
              + words.get(words.size() - 1)
              + "). See --help.");
    }
    return words.get(index);
  }

  private static int number(String option, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Cannot read the command line: not a number (option="
              + option
              + ", value="
              + value
              + "). See --help.",
          e);
    }
  }

  private static List<Integer> numbers(String option, String values) {
    return Stream.of(values.split(",")).map(value -> number(option, value)).toList();
  }

  private static BrokerOptions property(BrokerOptions broker, String pair) {
    int equals = pair.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException(
          "Cannot read the command line: not KEY=VALUE (option=--set, value="
              + pair
              + "). See --help.");
    }
    return broker.withServerProperty(pair.substring(0, equals), pair.substring(equals + 1));
  }
}
