package dev.millrace.runner.cli;

import dev.millrace.runner.cli.CompletionWords.OfCommand;
import dev.millrace.runner.cli.CompletionWords.OfOption;

/** The script that completes command lines in fish, with a description beside each word. */
final class FishCompletion {

  private static final String HEAD =
      """
      # Completes command lines of runner.jar in fish:
      #   function millrace; java -jar /path/to/runner.jar $argv; end
      #   millrace completion fish | source
      function __millrace_command
        set -l before (commandline -opc)
        for word in $before[2..-1]
          if not string match -q -- '-*' $word
            echo $word
            return
          end
        end
      end
      function __millrace_in
        set -l command (__millrace_command)
        test "$command" = "$argv[1]"
      end
      function __millrace_at
        test (commandline -opc)[-1] = "$argv[1]"
      end
      """;

  private FishCompletion() {}

  static String script(CompletionWords words) {
    StringBuilder script = new StringBuilder(HEAD);
    for (OfCommand command : words.commands()) {
      line(script, "").append(" -f -a ").append(command.name());
      script.append(" -d ").append(quoted(command.description())).append('\n');
    }
    for (OfCommand command : words.commands()) {
      for (OfOption option : command.options()) {
        append(script, command.name(), option, words);
      }
      if (!command.operands().isEmpty()) {
        script.append("complete -c millrace -n '__millrace_at ").append(command.name());
        script.append("' -f -a ");
        script.append(quoted(String.join(" ", command.operands()))).append('\n');
      }
    }
    return script.toString();
  }

  private static void append(
      StringBuilder script, String command, OfOption option, CompletionWords words) {
    line(script, command);
    boolean isSetting = false;
    for (String name : option.names()) {
      script.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("--?", ""));
      isSetting |= name.equals("-D");
    }
    if (isSetting) {
      script.append(" -x -a ").append(quoted(String.join(" ", words.settings())));
    } else if (!option.choices().isEmpty()) {
      script.append(" -x -a ").append(quoted(String.join(" ", option.choices())));
    } else if (option.takesValue()) {
      script.append(" -r");
    }
    script.append(" -d ").append(quoted(option.description())).append('\n');
  }

  private static StringBuilder line(StringBuilder script, String command) {
    return script.append("complete -c millrace -n '__millrace_in \"").append(command).append("\"'");
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
