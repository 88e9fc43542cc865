package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.runner.output.Terminal;
import java.util.Optional;
import org.apache.kafka.common.utils.AppInfoParser;

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
    String version =
        Optional.ofNullable(VersionCommand.class.getPackage().getImplementationVersion())
            .orElse("(not from a jar)");
    terminal.out().println("Millrace " + version);
    terminal
        .out()
        .println(
            "Kafka client "
                + AppInfoParser.getVersion()
                + ", Java "
                + System.getProperty("java.version"));
    return ExitCode.OK;
  }
}
