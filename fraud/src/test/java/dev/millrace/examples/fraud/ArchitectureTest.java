package dev.millrace.examples.fraud;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An example shows what users can do, so it uses what users may use. */
final class ArchitectureTest {

  @Test
  void theExampleUsesPublicPackagesOnly() {
    JavaClasses classes = new ClassFileImporter().importPackages("dev.millrace.examples.fraud");
    List<String> internal =
        classes.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(
                use -> use.getTargetClass().getPackageName().startsWith("dev.millrace.internal"))
            .map(Dependency::getDescription)
            .toList();
    assertThat(classes).isNotEmpty();
    assertThat(internal).isEmpty();
  }
}
