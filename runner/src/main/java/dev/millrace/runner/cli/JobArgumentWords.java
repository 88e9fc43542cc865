package dev.millrace.runner.cli;

import com.beust.jcommander.ParameterException;
import dev.millrace.JobArguments;
import java.util.List;

/**
 * The words after {@code --}, which belong to the job.
 *
 * @param words the words
 */
record JobArgumentWords(List<String> words) {

  JobArgumentWords {
    words = List.copyOf(words);
  }

  JobArguments toArguments() {
    return JobArguments.of(words.toArray(new String[0]));
  }

  /** Refuses words that nobody would read. */
  void mustBeEmpty(String command) {
    if (!words.isEmpty()) {
      throw new ParameterException(
          "Cannot read the command line: "
              + command
              + " runs no job, so nothing may follow -- ("
              + String.join(" ", words)
              + ")");
    }
  }
}
