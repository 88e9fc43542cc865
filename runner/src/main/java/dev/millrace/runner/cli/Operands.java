package dev.millrace.runner.cli;

import com.beust.jcommander.ParameterException;
import java.util.List;
import java.util.Optional;

/** The words of a command line that are no options. */
final class Operands {

  private Operands() {}

  /** {@return the only operand} */
  static String one(String name, List<String> operands) {
    return optional(name, operands)
        .orElseThrow(
            () -> new ParameterException("Cannot read the command line: " + name + " is missing"));
  }

  /**
   * {@return the operands, as many as there are names}
   *
   * @param names what they are, for messages
   */
  static List<String> all(List<String> operands, String... names) {
    refuseOptions(operands);
    if (operands.size() < names.length) {
      throw new ParameterException(
          "Cannot read the command line: " + names[operands.size()] + " is missing");
    }
    if (operands.size() > names.length) {
      throw new ParameterException(
          "Cannot read the command line: there is more than "
              + String.join(" and ", names)
              + " ("
              + String.join(" ", operands)
              + ")");
    }
    return List.copyOf(operands);
  }

  /** {@return the only operand, if there is any} */
  static Optional<String> optional(String name, List<String> operands) {
    refuseOptions(operands);
    if (operands.size() > 1) {
      throw new ParameterException(
          "Cannot read the command line: only one "
              + name
              + " is possible ("
              + String.join(" ", operands)
              + "). What is meant for a job goes after --");
    }
    return operands.stream().findFirst();
  }

  private static void refuseOptions(List<String> operands) {
    for (String operand : operands) {
      if (operand.startsWith("-")) {
        throw new ParameterException(
            "Cannot read the command line: there is no option "
                + operand
                + ". What is meant for a job goes after --");
      }
    }
  }
}
