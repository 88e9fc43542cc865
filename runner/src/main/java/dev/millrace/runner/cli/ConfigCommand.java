package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.config.ConfigEntry;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Parameters(commandDescription = "Print the effective settings and where they come from")
final class ConfigCommand implements Command {

  @ParametersDelegate private OutputOptions output = new OutputOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "[options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("config");
    List<ConfigEntry> entries = options.config(terminal).describe();
    if (output.isJson()) {
      List<Map<String, String>> list = new ArrayList<>();
      for (ConfigEntry entry : entries) {
        Map<String, String> one = new LinkedHashMap<>();
        one.put("key", entry.key());
        one.put("value", entry.value());
        one.put("origin", entry.origin().toString());
        one.put("default", entry.defaultValue());
        one.put("description", entry.description());
        list.add(one);
      }
      terminal.out().println(Json.PRETTY.writeValueAsString(list));
      return ExitCode.OK;
    }
    TextTable table = new TextTable("SETTING", "VALUE", "FROM", "DESCRIPTION");
    entries.forEach(
        entry -> table.row(entry.key(), entry.value(), entry.origin(), entry.description()));
    table.print(terminal.out());
    return ExitCode.OK;
  }
}
