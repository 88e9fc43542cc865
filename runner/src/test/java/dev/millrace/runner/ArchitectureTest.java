package dev.millrace.runner;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The command line is a user of the library like any other. */
final class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.millrace.runner");

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

  @Test
  void itsPackagesAreNullMarked() {
    assertThat(CLASSES)
        .allSatisfy(
            type -> assertThat(type.getPackage().isAnnotatedWith(NullMarked.class)).isTrue());
  }
}
