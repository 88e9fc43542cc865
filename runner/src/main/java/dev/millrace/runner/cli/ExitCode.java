package dev.millrace.runner.cli;

import com.beust.jcommander.ParameterException;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.JobStoppedException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.LostInputException;
import dev.millrace.error.MissingRightException;
import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.runner.supervise.InstanceEndedException;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a command. A signal ends the process with 130 (SIGINT) or 143 (SIGTERM) instead.
 */
enum ExitCode {
  OK(0),
  FAILED(1),
  USAGE(2),
  NOT_HEALTHY(3),
  INCOMPATIBLE(4),
  REFUSED(5),
  UNREACHABLE(6);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /**
   * {@return whether a process that ended with this code would do so again, until a person acts}
   */
  static boolean asksForPerson(int number) {
    return number == USAGE.number || number == INCOMPATIBLE.number || number == REFUSED.number;
  }

  /** {@return the code to exit with after an error: a supervisor has that of its instance} */
  static int numberOf(Throwable error) {
    return error instanceof InstanceEndedException ended ? ended.exitCode() : of(error).number();
  }

  /** {@return the code of the outermost error that has one of its own} */
  static ExitCode of(Throwable error) {
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof ConfigurationException
          || at instanceof MissingRightException
          || at instanceof TypeInferenceException
          || at instanceof ParameterException) {
        return USAGE;
      } else if (at instanceof IncompatibleJobException
          || at instanceof OffsetsDivergedException
          || at instanceof LostInputException) {
        return INCOMPATIBLE;
      } else if (at instanceof JobActiveException
          || at instanceof JobStateException
          || at instanceof JobStoppedException) {
        return REFUSED;
      } else if (at instanceof KafkaUnreachableException
          || at instanceof CredentialsRefusedException) {
        return UNREACHABLE;
      }
    }
    return FAILED;
  }
}
