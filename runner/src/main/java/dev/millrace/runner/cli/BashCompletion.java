package dev.millrace.runner.cli;

import com.beust.jcommander.ParameterDescription;
import dev.millrace.config.ConfigEntry;
import dev.millrace.config.JobConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The script that completes command lines in bash: commands, their options, the values of options
 * that have a few, and the names of settings after {@code -D}. Anything else is completed as a
 * file.
 */
final class BashCompletion {

  private BashCompletion() {}

  static String script(CommandTable table) {
    String commands = String.join(" ", table.names());
    StringBuilder options = new StringBuilder();
    StringBuilder values = new StringBuilder();
    for (String command : table.names()) {
      List<String> names = new ArrayList<>();
      for (ParameterDescription option : table.options(command)) {
        List<String> own = List.of(option.getParameter().names());
        names.addAll(own);
        String placeholder = option.getParameter().placeholder();
        if (isChoice(placeholder)) {
          for (String name : own) {
            values.append(line(command + " " + name, placeholder.replace('|', ' ')));
          }
        }
      }
      options.append(line(command, String.join(" ", names)));
    }
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
            [[ $command != help ]] || words='%s'
            [[ $command != completion ]] || words=bash
          fi
        fi
        COMPREPLY=($(compgen -W "$words" -- "$word"))
      }
      complete -o default -F _millrace millrace
      """
        .formatted(settings(), values, commands, options, commands);
  }

  /** Such as {@code text|json}: what is in capitals stands for something else. */
  private static boolean isChoice(String placeholder) {
    return placeholder.contains("|") && placeholder.equals(placeholder.toLowerCase(Locale.ROOT));
  }

  private static String line(String pattern, String words) {
    return String.format(Locale.ROOT, "    '%s') words='%s' ;;%n", pattern, words);
  }

  private static String settings() {
    return JobConfig.defaults().describe().stream()
        .map(ConfigEntry::key)
        .map(key -> "-D" + key + "=")
        .collect(Collectors.joining(" "));
  }
}
