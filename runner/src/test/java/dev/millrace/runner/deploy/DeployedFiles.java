package dev.millrace.runner.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The files of the repository that a deployment is made of. */
final class DeployedFiles {

  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final Path KUBERNETES = ROOT.resolve("deploy/kubernetes");

  private static final YAMLMapper YAML = new YAMLMapper();

  private DeployedFiles() {}

  static String text(String file) {
    try {
      return Files.readString(ROOT.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode yaml(Path file) {
    return YAML.readTree(file.toFile());
  }

  /** {@return all files of YAML below a directory} */
  static List<Path> below(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the texts of an array; none if it is missing} */
  static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    if (array != null) {
      array.forEach(each -> texts.add(each.stringValue()));
    }
    return texts;
  }
}
