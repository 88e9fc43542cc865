package dev.millrace.runner.cli;

import dev.millrace.runner.cli.CompletionWords.OfCommand;
import dev.millrace.runner.cli.CompletionWords.OfOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The script that completes command lines in zsh, with a description beside each word. */
final class ZshCompletion {

  private ZshCompletion() {}

  static String script(CompletionWords words) {
    StringBuilder options = new StringBuilder();
    StringBuilder values = new StringBuilder();
    StringBuilder operands = new StringBuilder();
    for (OfCommand command : words.commands()) {
      for (OfOption option : command.options()) {
        if (!option.choices().isEmpty()) {
          for (String name : option.names()) {
            values.append(plain(command.name() + " " + name, option.choices()));
          }
        }
      }
      options.append(described(command));
      if (!command.operands().isEmpty()) {
        operands.append(plain(command.name(), command.operands()));
      }
    }
    String commands =
        words.commands().stream()
            .map(command -> "    " + entry(command.name(), command.description()))
            .collect(Collectors.joining("\n"));
    String settings =
        words.settings().stream().map(name -> "'-D" + name + "'").collect(Collectors.joining(" "));
    return """
      # Completes command lines of runner.jar in zsh:
      #   millrace() { java -jar /path/to/runner.jar "$@" }
      #   source <(millrace completion zsh)
      # A function, since zsh completes an alias as what it stands for.
      _millrace() {
        local word=${words[CURRENT]} before=${words[CURRENT-1]} command= i
        local -a found
        for (( i = 2; i < CURRENT; i++ )); do
          if [[ ${words[i]} != -* ]]; then
            command=${words[i]}
            break
          fi
        done
        if [[ $word == -D* && -n $command ]]; then
          found=(%s)
          compadd -S '' -- "${found[@]}"
          return
        fi
        case "$command $before" in
      %s  esac
        if (( $#found )); then
          compadd -- "${found[@]}"
          return
        fi
        if [[ -z $command ]]; then
          found=(
      %s
          )
          _describe command found
          return
        fi
        if [[ $word == -* ]]; then
          case $command in
      %s    esac
          _describe -o option found
          return
        fi
        case $before in
      %s  esac
        if (( $#found )); then
          compadd -- "${found[@]}"
        else
          _files
        fi
      }
      (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
      compdef _millrace millrace
      """
        .formatted(settings, values, commands, options, operands);
  }

  private static String plain(String pattern, List<String> words) {
    return String.format(
        Locale.ROOT, "    '%s') found=('%s') ;;%n", pattern, String.join("' '", words));
  }

  private static String described(OfCommand command) {
    StringBuilder lines = new StringBuilder();
    lines.append("      ").append(command.name()).append(") found=(\n");
    for (OfOption option : command.options()) {
      for (String name : option.names()) {
        lines.append("        ").append(entry(name, option.description())).append('\n');
      }
    }
    return lines.append("      ) ;;\n").toString();
  }

  /** What is before the first colon is the word. */
  private static String entry(String word, String description) {
    return "'" + word + ":" + description.replace("'", "'\\''") + "'";
  }
}
