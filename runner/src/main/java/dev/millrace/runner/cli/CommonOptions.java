package dev.millrace.runner.cli;

import com.beust.jcommander.DynamicParameter;
import com.beust.jcommander.Parameter;
import dev.millrace.config.ConfigLayers;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.host.DevBroker;
import dev.millrace.runner.output.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The options of every command, and how they become settings.
 *
 * <p>Later beats earlier: defaults, files in the order given, {@code MILLRACE_*} variables, {@code
 * -Dmillrace.*} of the JVM, {@code -D}, options with a name of their own such as {@code -b}.
 */
final class CommonOptions {

  @Parameter(
      names = {"-b", "--bootstrap-server"},
      placeholder = "HOST:PORT,...",
      description = "The brokers of Kafka (setting bootstrap.servers)")
  private @Nullable String bootstrapServers;

  @Parameter(
      names = {"-c", "--config", "--command-config"},
      placeholder = "FILE",
      splitter = Unsplit.class,
      description = "A file of settings, YAML or key=value; may be repeated")
  private List<String> files = new ArrayList<>();

  @DynamicParameter(
      names = "-D",
      placeholder = "KEY=VALUE",
      description = "One setting; see the command config for all of them")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Parameter(
      names = {"-v", "--verbose"},
      description = "Log more, and show the stack traces of errors")
  private boolean verbose;

  @Parameter(
      names = {"-h", "--help"},
      help = true,
      description = "Explain the command")
  private boolean help;

  boolean isVerbose() {
    return verbose;
  }

  boolean wantsHelp() {
    return help;
  }

  /** {@return the effective settings} */
  JobConfig config(Terminal terminal) {
    return config(terminal, Map.of());
  }

  /**
   * {@return the effective settings}
   *
   * @param own what the command's own options set
   */
  JobConfig config(Terminal terminal, Map<String, String> own) {
    ConfigLayers layers = ConfigLayers.create();
    files.forEach(file -> SettingsFile.add(Path.of(file), layers));
    layers.environment(terminal.environment());
    layers.systemProperties(systemProperties());
    layers.commandLine(settings);
    Map<String, String> named = new HashMap<>(own);
    if (bootstrapServers != null) {
      named.put("bootstrap.servers", bootstrapServers);
    }
    return layers.commandLine(named).build();
  }

  private static Map<String, String> systemProperties() {
    Map<String, String> settings = new HashMap<>();
    Properties properties = System.getProperties();
    properties
        .stringPropertyNames()
        .forEach(name -> settings.put(name, properties.getProperty(name, "")));
    settings.remove(DevBroker.JAR_PROPERTY);
    return settings;
  }
}
