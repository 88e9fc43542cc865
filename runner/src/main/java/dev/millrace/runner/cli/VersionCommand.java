package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.Version;

@Parameters(commandDescription = "Print the version")
final class VersionCommand implements Command {

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    terminal.out().println("Millrace " + Version.ofMillrace());
    terminal
        .out()
        .println("Kafka client " + Version.ofKafkaClient() + ", Java " + Version.ofJava());
    return ExitCode.OK;
  }
}
