package dev.millrace.runner.cli;

import com.beust.jcommander.ParameterDescription;
import dev.millrace.config.ConfigEntry;
import dev.millrace.config.JobConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The words that a shell can complete: commands, their options, the values of options that have a
 * few, operands that have a few, and the names of settings after {@code -D}. Anything else is
 * completed as a file.
 *
 * @param commands the commands, in the order of the help
 * @param settings what may follow {@code -D}, each with an equals sign at its end
 */
record CompletionWords(List<OfCommand> commands, List<String> settings) {

  /**
   * A command.
   *
   * @param operands those of its operands that are words to choose from
   */
  record OfCommand(String name, String description, List<OfOption> options, List<String> operands) {

    /** {@return the names of all options} */
    List<String> optionNames() {
      return options.stream().flatMap(option -> option.names().stream()).toList();
    }
  }

  /**
   * An option.
   *
   * @param takesValue whether a word follows it, or the rest of its own word
   * @param choices the values to choose from, if they are few
   */
  record OfOption(
      List<String> names, String description, boolean takesValue, List<String> choices) {}

  static CompletionWords of(CommandTable table) {
    List<OfCommand> commands = new ArrayList<>();
    for (String name : table.names()) {
      commands.add(
          new OfCommand(
              name,
              table.description(name),
              table.options(name).stream().map(CompletionWords::option).toList(),
              table.command(name).operandWords()));
    }
    return new CompletionWords(
        commands,
        JobConfig.defaults().describe().stream()
            .map(ConfigEntry::key)
            .map(key -> key + "=")
            .toList());
  }

  private static OfOption option(ParameterDescription option) {
    String placeholder = option.getParameter().placeholder();
    return new OfOption(
        List.of(option.getParameter().names()),
        option.getDescription(),
        !placeholder.isEmpty(),
        isChoice(placeholder) ? Arrays.asList(placeholder.split("\\|")) : List.of());
  }

  /** Such as {@code text|json}: what is in capitals stands for something else. */
  private static boolean isChoice(String placeholder) {
    return placeholder.contains("|") && placeholder.equals(placeholder.toLowerCase(Locale.ROOT));
  }
}
