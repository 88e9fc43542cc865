package dev.millrace.config;

import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Layers of settings on top of each other: defaults, then files in the order given, then
 * environment, then {@code -D}, then code.
 *
 * <p><b>Contract.</b> The order of calls matters within a layer only, never between layers.
 * Environment variables start with {@code MILLRACE_}; in the rest, {@code _} stands for a dot,
 * {@code __} for an underscore and {@code ___} for a hyphen: {@code MILLRACE_COMMIT_INTERVAL} is
 * {@code commit.interval}.
 *
 * <p><b>Threads.</b> Confined to one thread.
 *
 * <p><b>Errors.</b> {@link ConfigurationException} for a file that cannot be read, and from {@link
 * #build} as {@link JobConfig} describes.
 */
public final class ConfigLayers {

  private static final String VARIABLE_PREFIX = "MILLRACE_";
  private static final String PROPERTY_PREFIX = "millrace.";

  private final Map<ConfigOrigin.Layer, List<Map<String, Setting>>> layers =
      new EnumMap<>(ConfigOrigin.Layer.class);

  private ConfigLayers() {}

  /** {@return layers with nothing but the defaults} */
  public static ConfigLayers create() {
    return new ConfigLayers();
  }

  /** Adds a file of {@code key=value} lines, such as the one Kafka's own tools take. */
  public ConfigLayers file(Path propertiesFile) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(propertiesFile, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      throw new ConfigurationException(
          "Cannot read settings: there is no file "
              + propertiesFile
              + ". Check the path, which is relative to "
              + Path.of("").toAbsolutePath()
              + ".",
          e);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot read settings: the file "
              + propertiesFile
              + " cannot be read ("
              + e
              + "). It must hold key=value lines in UTF-8.",
          e);
    }
    Map<String, String> settings = new TreeMap<>();
    properties.stringPropertyNames().forEach(key -> settings.put(key, property(properties, key)));
    return file(propertiesFile.toString(), settings);
  }

  /** Adds the settings of a file that the caller has read itself. */
  public ConfigLayers file(String name, Map<String, String> settings) {
    return add(settings, ConfigOrigin.file(name));
  }

  /**
   * Adds those of the given environment variables that are settings. What Kubernetes sets for a
   * service called {@code millrace...}, such as {@code MILLRACE_SERVICE_HOST}, is left out.
   */
  public ConfigLayers environment(Map<String, String> variables) {
    Map<String, Setting> layer = new HashMap<>();
    new TreeMap<>(variables)
        .forEach(
            (variable, value) -> {
              if (variable.startsWith(VARIABLE_PREFIX)
                  && variable.length() > VARIABLE_PREFIX.length()
                  && !ServiceVariables.contain(variable, value)) {
                JobConfig.put(
                    layer,
                    keyOf(variable),
                    new Setting(value.strip(), ConfigOrigin.environment(variable)));
              }
            });
    return add(ConfigOrigin.Layer.ENVIRONMENT, layer);
  }

  /** Adds settings from {@code -Dkey=value} options of a command. */
  public ConfigLayers commandLine(Map<String, String> settings) {
    return add(settings, ConfigOrigin.commandLine());
  }

  /** Adds those of the JVM's system properties that start with {@code millrace.}. */
  public ConfigLayers systemProperties(Map<String, String> properties) {
    Map<String, String> settings = new TreeMap<>();
    properties.forEach(
        (name, value) -> {
          if (name.startsWith(PROPERTY_PREFIX)) {
            settings.put(name.substring(PROPERTY_PREFIX.length()), value);
          }
        });
    return add(settings, ConfigOrigin.commandLine());
  }

  /** Adds settings of the program, which override all others. */
  public ConfigLayers code(Map<String, String> settings) {
    return add(settings, ConfigOrigin.code());
  }

  /** {@return the effective settings, read and checked} */
  public JobConfig build() {
    Map<String, Setting> effective = new HashMap<>();
    // An EnumMap walks its keys in the order of the constants, which is that of precedence.
    layers.values().forEach(layer -> layer.forEach(effective::putAll));
    return new JobConfig(effective);
  }

  /** {@return the key that an environment variable stands for} */
  static String keyOf(String variable) {
    return variable
        .substring(VARIABLE_PREFIX.length())
        .toLowerCase(Locale.ROOT)
        .replace("___", "-")
        .replace("__", "\0")
        .replace('_', '.')
        .replace('\0', '_');
  }

  private ConfigLayers add(Map<String, String> settings, ConfigOrigin origin) {
    Map<String, Setting> layer = new HashMap<>();
    new TreeMap<>(settings)
        .forEach((key, value) -> JobConfig.put(layer, key, new Setting(value.strip(), origin)));
    return add(origin.layer(), layer);
  }

  private ConfigLayers add(ConfigOrigin.Layer layer, Map<String, Setting> settings) {
    layers.computeIfAbsent(layer, absent -> new ArrayList<>()).add(settings);
    return this;
  }

  private static String property(Properties properties, String key) {
    return properties.getProperty(key, "");
  }
}
