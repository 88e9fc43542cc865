package dev.millrace.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A main class that runs in a JVM of its own and prints its figures, each as a line {@code FIGURE
 * name number}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param main the class
 * @param options those of the JVM
 */
record ChildJvm(Class<?> main, List<String> options) {

  private static final String FIGURE = "FIGURE";

  ChildJvm {
    options = List.copyOf(options);
  }

  /** Prints a figure for {@link #run}. */
  static void report(String name, double figure) {
    System.out.println(FIGURE + " " + name + " " + figure);
  }

  /**
   * Runs it to its end, and prints what is no figure.
   *
   * @return the figures by name
   */
  Map<String, Double> run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            // It warns of requests that it repeats.
            "-Dorg.slf4j.simpleLogger.log.org.apache.kafka=error",
            main.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Map<String, Double> figures = new TreeMap<>();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(FIGURE + " ")) {
          String[] words = line.split(" ");
          figures.put(words[1], Double.parseDouble(words[2]));
        } else {
          System.out.println("    " + line);
        }
      }
    }
    int code = process.waitFor();
    if (code != 0) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "%s ended with exit code %d", main.getSimpleName(), code));
    }
    return figures;
  }
}
