package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import dev.millrace.runner.host.LoadedJob;
import dev.millrace.runner.output.Terminal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The option of commands that load a job: which one, where a jar has several. */
final class JobOptions {

  static final String OPERAND = "JOB.jar|CLASS";

  @Parameter(
      names = "--class",
      placeholder = "NAME",
      description = "The job's class, where the jar has several or its manifest names none")
  private @Nullable String className;

  /** {@return the job that the operands name} */
  LoadedJob load(List<String> operands, JobArgumentWords words, Terminal terminal) {
    return load(Operands.one(OPERAND, operands), words, terminal);
  }

  /** {@return the job of a jar or of a class} */
  LoadedJob load(String what, JobArgumentWords words, Terminal terminal) {
    return LoadedJob.load(what, Optional.ofNullable(className), words.toArguments(), terminal);
  }
}
