package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * The lines of a file sink, as a reader finds them that takes each file as soon as it is there.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class FiledLines {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path directory;
  private final Map<Path, List<String>> files = new TreeMap<>();
  private int lines;

  FiledLines(Path directory) {
    this.directory = directory;
  }

  /** {@return how many lines there are} */
  int count() {
    return lines;
  }

  /** Reads the files that are new. */
  void read() {
    for (Path file : published()) {
      if (!files.containsKey(file)) {
        List<String> texts = texts(file);
        files.put(file, texts);
        lines += texts.size();
      }
    }
  }

  private List<Path> published() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.filter(path -> path.toString().endsWith(".jsonl")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> texts(Path file) {
    try {
      List<String> texts = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        texts.add(JSON.readValue(line, String.class));
      }
      return texts;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks that each of these is in exactly one file, and that no file changed after all. */
  void check(Set<String> expected) {
    read();
    files.forEach((file, texts) -> assertThat(texts(file)).as("%s", file).isEqualTo(texts));
    Set<String> seen = new HashSet<>();
    List<String> repeated = new ArrayList<>();
    files.forEach(
        (file, texts) ->
            texts.forEach(
                text -> {
                  if (!seen.add(text)) {
                    repeated.add(text + " in " + file.getFileName());
                  }
                }));
    Set<String> missing = new TreeSet<>(expected);
    missing.removeAll(seen);
    seen.removeAll(expected);
    assertThat(missing).as("records that are in no file").isEmpty();
    assertThat(seen).as("aborted or invented records in files").isEmpty();
    assertThat(repeated).as("records that are in files more than once").isEmpty();
  }
}
