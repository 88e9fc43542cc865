package dev.millrace.runner.cli;

import dev.millrace.config.ConfigLayers;
import dev.millrace.error.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A file of settings: YAML if its name ends so, else key=value lines.
 *
 * <p>In YAML, {@code commit: {interval: 20ms}} and {@code commit.interval: 20ms} are the same; a
 * list is its elements with commas between them.
 */
final class SettingsFile {

  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  private SettingsFile() {}

  static void add(Path file, ConfigLayers layers) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if ((name.endsWith(".yaml") || name.endsWith(".yml")) && Files.exists(file)) {
      layers.file(file.toString(), yaml(file));
    } else {
      layers.file(file);
    }
  }

  private static Map<String, String> yaml(Path file) {
    Map<String, String> settings = new TreeMap<>();
    try {
      Object root = YAML.readValue(file, Object.class);
      if (root instanceof Map<?, ?> map) {
        map.forEach((key, value) -> flatten(String.valueOf(key), value, settings));
      } else if (root != null) {
        throw unreadable(file, "it holds no map of settings", null);
      }
    } catch (JacksonException e) {
      throw unreadable(file, e.getOriginalMessage() + location(e), e);
    }
    return settings;
  }

  private static void flatten(String key, @Nullable Object value, Map<String, String> target) {
    if (value instanceof Map<?, ?> map) {
      map.forEach((name, inner) -> flatten(key + "." + name, inner, target));
    } else if (value instanceof List<?> list) {
      List<String> elements = new ArrayList<>();
      list.forEach(element -> elements.add(String.valueOf(element)));
      target.put(key, String.join(",", elements));
    } else {
      target.put(key, value == null ? "" : value.toString());
    }
  }

  private static String location(JacksonException e) {
    return e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
  }

  private static ConfigurationException unreadable(
      Path file, String reason, @Nullable Throwable cause) {
    return new ConfigurationException(
        "Cannot read settings: the file " + file + " is not as it should be (" + reason + ").",
        cause);
  }
}
