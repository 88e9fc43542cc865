package dev.millrace.runner.supervise;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The command line of a supervised instance: that of its supervisor once more, with one word that
 * marks it.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ChildCommand {

  /** Variables whose options a JVM adds to those of its command line, in the child too. */
  private static final List<String> VARIABLES =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private ChildCommand() {}

  /**
   * {@return the command line}
   *
   * @param mainClass where the program begins, if it does not run from a jar
   * @param words the words of the supervisor's own command line
   * @param command the name of the command among them
   * @param jvmOptions options of the JVM, in place of the supervisor's own
   * @param added further options of the JVM
   */
  static List<String> of(
      String mainClass,
      List<String> words,
      String command,
      Optional<String> jvmOptions,
      List<String> added) {
    List<String> line = new ArrayList<>();
    line.add(java());
    line.addAll(jvmOptions.map(ChildCommand::split).orElseGet(ChildCommand::ownJvmOptions));
    line.addAll(added);
    String classPath = System.getProperty("java.class.path", "");
    if (isJar(classPath)) {
      line.addAll(List.of("-jar", classPath));
    } else {
      line.addAll(List.of("-cp", classPath, mainClass));
    }
    line.addAll(asChild(words, command));
    return line;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home", ""), "bin", "java").toString();
  }

  private static boolean isJar(String classPath) {
    return classPath.endsWith(".jar") && !classPath.contains(System.getProperty("path.separator"));
  }

  private static List<String> split(String options) {
    return options.isBlank() ? List.of() : List.of(options.strip().split("\\s+"));
  }

  private static List<String> ownJvmOptions() {
    return withoutVariables(
        ManagementFactory.getRuntimeMXBean().getInputArguments(), System.getenv());
  }

  /**
   * {@return the options of a JVM without those that its environment gives to the child as well}
   */
  static List<String> withoutVariables(List<String> options, Map<String, String> environment) {
    List<String> own = new ArrayList<>(options);
    for (String variable : VARIABLES) {
      @Nullable String given = environment.get(variable);
      if (given != null) {
        split(given).forEach(own::remove);
      }
    }
    return own;
  }

  /** {@return the words with the one that makes the command a child, right after its name} */
  static List<String> asChild(List<String> words, String command) {
    List<String> child = new ArrayList<>(words);
    child.add(words.indexOf(command) + 1, SupervisionOptions.CHILD);
    return child;
  }

  /**
   * {@return the command line of a child that gets ready for its turn}
   *
   * @param child the command line of one that begins at once
   * @param classes the file with the names of the classes that it is to load
   */
  static List<String> asSpare(List<String> child, Path classes) {
    List<String> spare = new ArrayList<>(child);
    spare.addAll(
        child.indexOf(SupervisionOptions.CHILD) + 1,
        List.of(SupervisionOptions.CLASSES, classes.toString()));
    return spare;
  }
}
