package dev.millrace.runner;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The command line is a user of the library like any other, and its rooms know few others. */
final class ArchitectureTest {

  private static final String RUNNER = "dev.millrace.runner";

  /** The other rooms that each room may use. */
  private static final Map<String, Set<String>> ROOMS =
      Map.of(
          "", Set.of(".cli", ".output"),
          ".cli", Set.of(".doctor", ".host", ".http", ".output", ".supervise"),
          ".doctor", Set.of(),
          ".host", Set.of(".output"),
          ".http", Set.of(".host", ".output", ".peer"),
          ".output", Set.of(),
          ".peer", Set.of(),
          ".supervise", Set.of());

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void theRunnerUsesPublicPackagesOnly() {
    List<String> internal =
        CLASSES.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(
                use -> use.getTargetClass().getPackageName().startsWith("dev.millrace.internal"))
            .map(Dependency::getDescription)
            .toList();
    assertThat(CLASSES).isNotEmpty();
    assertThat(internal).isEmpty();
  }

  /**
   * An example, with its tests, shows what users can do, so it uses what users may use. No public
   * method has an internal type, so that whoever uses one names its package.
   */
  @Test
  void theExamplesUsePublicPackagesOnly() throws IOException {
    for (String example : List.of("distinct-words", "fraud", "transfers", "wordcount")) {
      try (Stream<Path> files = Files.walk(Path.of("..", example, "src"))) {
        List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
        assertThat(sources).isNotEmpty();
        for (Path source : sources) {
          assertThat(source).content().doesNotContain("dev.millrace.internal");
        }
      }
    }
  }

  @Test
  void roomsUseTheRoomsThatTheTableAllows() {
    List<String> offences =
        CLASSES.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(use -> use.getTargetClass().getPackageName().startsWith(RUNNER))
            .filter(use -> !mayUse(room(use.getOriginClass()), room(use.getTargetClass())))
            .map(Dependency::getDescription)
            .toList();
    assertThat(offences).isEmpty();
  }

  private static boolean mayUse(String from, String to) {
    return from.equals(to) || ROOMS.getOrDefault(from, Set.of()).contains(to);
  }

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.startsWith(RUNNER) ? name.substring(RUNNER.length()) : name;
  }

  @Test
  void theServerKnowsOfAJobWhatItsPortShows() {
    Set<String> seen =
        CLASSES.stream()
            .filter(type -> room(type).equals(".http"))
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .map(Dependency::getTargetClass)
            .filter(type -> room(type.getBaseComponentType()).equals(".host"))
            .map(type -> type.getBaseComponentType().getSimpleName())
            .collect(Collectors.toSet());
    assertThat(seen)
        .containsExactlyInAnyOrder(
            "HostedJob",
            "Activity",
            "SeenStatus",
            "NoStatusException",
            "JobHealth",
            "Word",
            "JobOrder",
            "KafkaSilentException",
            "LetterRange",
            "Letters",
            "Older",
            "PeekedRecords",
            "Restarts",
            "Failure");
  }

  @Test
  void theTableHasEveryRoom() {
    assertThat(CLASSES.stream().map(ArchitectureTest::room).collect(Collectors.toSet()))
        .isEqualTo(ROOMS.keySet());
  }

  @Test
  void roomsAreFreeOfCircles() {
    slices().matching(RUNNER + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void itsPackagesAreNullMarked() {
    assertThat(CLASSES)
        .allSatisfy(
            type -> assertThat(type.getPackage().isAnnotatedWith(NullMarked.class)).isTrue());
  }
}
