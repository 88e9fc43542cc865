package dev.millrace.runner.cli;

import com.beust.jcommander.JCommander;
import com.beust.jcommander.ParameterDescription;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.WrappedParameter;
import dev.millrace.config.NearestName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The table of all commands, by name, which parses command lines and prints help. */
final class CommandTable {

  /** A command with its fields filled in. */
  record Parsed(String name, Command command) {}

  private static final String PROGRAM = "java -jar runner.jar";

  private final Map<String, Command> commands = new LinkedHashMap<>();

  CommandTable() {
    commands.put("run", new RunCommand());
    commands.put("dev", new DevCommand());
    commands.put("plan", new PlanCommand());
    commands.put("put", new PutCommand());
    commands.put("peek", new PeekCommand());
    commands.put("pause", new PauseCommand());
    commands.put("resume", new ResumeCommand());
    commands.put("stop", new StopCommand());
    commands.put("start", new StartCommand());
    commands.put("evict", new EvictCommand());
    commands.put("dlq", new DlqCommand());
    commands.put("reset", new ResetCommand());
    commands.put("delete", new DeleteCommand());
    commands.put("list", new ListCommand());
    commands.put("status", new StatusCommand());
    commands.put("state", new StateCommand());
    commands.put("config", new ConfigCommand());
    commands.put("doctor", new DoctorCommand());
    commands.put("completion", new CompletionCommand(this));
    commands.put("version", new VersionCommand());
    commands.put("help", new HelpCommand(this));
  }

  /**
   * {@return the command of a command line}
   *
   * @throws ParameterException if there is none, or something about it is wrong
   */
  Parsed parse(List<String> words) {
    if (words.isEmpty() || words.get(0).equals("-h") || words.get(0).equals("--help")) {
      return new Parsed("help", command("help"));
    }
    if (words.get(0).equals("--version")) {
      return new Parsed("version", command("version"));
    }
    // -v may stand in front, as with other tools.
    boolean verboseFirst = words.get(0).equals("-v") || words.get(0).equals("--verbose");
    List<String> rest = verboseFirst ? words.subList(1, words.size()) : words;
    if (rest.isEmpty()) {
      return new Parsed("help", command("help"));
    }
    String name = rest.get(0);
    Command command = command(name);
    JCommander parser = parser(command);
    try {
      parser.parse(rest.subList(1, rest.size()).toArray(new String[0]));
    } catch (ParameterException e) {
      String reason = String.valueOf(e.getMessage());
      throw new ParameterException(
          "Cannot read the command line: " + reason + ". Try: " + PROGRAM + " help " + name, e);
    }
    return new Parsed(name, command);
  }

  Command command(String name) {
    Command command = commands.get(name);
    if (command == null) {
      throw new ParameterException(
          "Cannot read the command line: there is no command '"
              + name
              + "'. "
              + NearestName.of(name, commands.keySet())
                  .map(nearest -> "Did you mean " + nearest + "? ")
                  .orElse("")
              + "There are "
              + String.join(", ", commands.keySet()));
    }
    return command;
  }

  private static JCommander parser(Command command) {
    JCommander parser = new JCommander();
    parser.addObject(command);
    parser.setExpandAtSign(false);
    return parser;
  }

  /** {@return one line for each command} */
  String help() {
    StringBuilder text = new StringBuilder();
    text.append("Runs stream processing jobs over Kafka.\n\nUsage: ").append(PROGRAM);
    text.append(" COMMAND ...\n\n");
    commands.forEach(
        (name, command) ->
            text.append(String.format(Locale.ROOT, "  %-10s  %s%n", name, description(command))));
    text.append("\nExit codes: 0 ok, 1 failed, 2 usage or settings, 3 not healthy, 4 incompatible");
    text.append(" with\nwhat is deployed, 5 refused, 6 Kafka not reachable; 130 and 143 after a");
    text.append(" signal.\nOptions of a command: ").append(PROGRAM).append(" help COMMAND\n");
    return text.toString();
  }

  /** {@return the options of a command} */
  String help(String name) {
    Command command = command(name);
    StringBuilder text = new StringBuilder(description(command)).append("\n\nUsage: ");
    text.append(PROGRAM).append(' ').append(name);
    text.append(command.operands().isEmpty() ? "" : " " + command.operands()).append("\n\n");
    for (ParameterDescription option : options(name)) {
      text.append("  ").append(names(option)).append('\n');
      text.append("      ").append(option.getDescription()).append('\n');
    }
    return text.toString();
  }

  /** {@return the names of all commands} */
  Set<String> names() {
    return commands.keySet();
  }

  /** {@return the options of a command, in the order of their names} */
  List<ParameterDescription> options(String name) {
    JCommander parser = parser(command(name));
    parser.createDescriptions();
    List<ParameterDescription> options = new ArrayList<>(parser.getParameters());
    options.removeIf(option -> option.getParameter().hidden());
    options.sort(Comparator.comparing(CommandTable::names, String.CASE_INSENSITIVE_ORDER));
    return options;
  }

  /** {@return what a command is for} */
  String description(String name) {
    return description(command(name));
  }

  private static String description(Command command) {
    return command.getClass().getAnnotation(Parameters.class).commandDescription();
  }

  private static String names(ParameterDescription option) {
    WrappedParameter parameter = option.getParameter();
    String placeholder = parameter.placeholder();
    boolean glued = parameter.getDynamicParameter() != null;
    return String.join(", ", parameter.names())
        + (placeholder.isEmpty() ? "" : (glued ? "" : " ") + placeholder);
  }
}
