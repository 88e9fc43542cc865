package dev.millrace.runner.cli;

import dev.millrace.runner.cli.CompletionWords.OfCommand;
import dev.millrace.runner.cli.CompletionWords.OfOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The script that completes command lines in bash. */
final class BashCompletion {

  private BashCompletion() {}

  static String script(CompletionWords words) {
    StringBuilder options = new StringBuilder();
    StringBuilder values = new StringBuilder();
    StringBuilder operands = new StringBuilder();
    for (OfCommand command : words.commands()) {
      for (OfOption option : command.options()) {
        if (!option.choices().isEmpty()) {
          for (String name : option.names()) {
            values.append(line("    ", command.name() + " " + name, option.choices()));
          }
        }
      }
      options.append(line("    ", command.name(), command.optionNames()));
      if (!command.operands().isEmpty()) {
        operands.append(line("      ", command.name(), command.operands()));
      }
    }
    String commands =
        words.commands().stream().map(OfCommand::name).collect(Collectors.joining(" "));
    String settings =
        words.settings().stream().map(name -> "-D" + name).collect(Collectors.joining(" "));
    return """
      # Completes command lines of runner.jar in bash:
      #   alias millrace='java -jar /path/to/runner.jar'
      #   source <(millrace completion bash)
      _millrace() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= words= i
        for (( i = 1; i < COMP_CWORD; i++ )); do
          if [[ ${COMP_WORDS[i]} != -* ]]; then
            command=${COMP_WORDS[i]}
            break
          fi
        done
        COMPREPLY=()
        if [[ $word == -D* && -n $command ]]; then
          COMPREPLY=($(compgen -W '%s' -- "$word"))
          compopt -o nospace 2>/dev/null
          return
        fi
        case "$command $before" in
      %s  esac
        if [[ -z $words ]]; then
          case $command in
          '') words='%s' ;;
      %s  esac
          if [[ -n $command && $word != -* ]]; then
            words=
            case $before in
      %s      esac
          fi
        fi
        COMPREPLY=($(compgen -W "$words" -- "$word"))
      }
      complete -o default -F _millrace millrace
      """
        .formatted(settings, values, commands, options, operands);
  }

  private static String line(String indent, String pattern, List<String> words) {
    return String.format(
        Locale.ROOT, "%s'%s') words='%s' ;;%n", indent, pattern, String.join(" ", words));
  }
}
