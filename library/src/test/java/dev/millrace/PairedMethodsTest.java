package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Methods with a default that are overridden in pairs: the one is called, or called in time, only
 * if the other says so. Who overrides it alone has code that runs late or never, and no compiler
 * and hardly a test notices.
 */
final class PairedMethodsTest {

  /**
   * A method, and the one that has to be overridden with it.
   *
   * @param exempt those that override the first alone and have a reason, by simple name
   */
  private record Pair(Class<?> declaring, String method, String answer, Set<String> exempt) {

    /** {@return the classes that override the first method and not the other} */
    Set<String> brokenBy(JavaClasses classes) {
      Set<String> broken = new TreeSet<>();
      for (JavaClass type : classes) {
        if (type.isAssignableTo(declaring)
            && !type.getModifiers().contains(JavaModifier.ABSTRACT)
            && overrides(type, method)
            && !overrides(type, answer)) {
          broken.add(type.getSimpleName());
        }
      }
      return broken;
    }

    private boolean overrides(JavaClass type, String name) {
      return type.getAllMethods().stream()
          .anyMatch(
              each -> each.getName().equals(name) && !each.getOwner().isEquivalentTo(declaring));
    }

    boolean isDeclared() {
      Set<String> names = new TreeSet<>();
      for (Method each : declaring.getDeclaredMethods()) {
        if (each.isDefault()) {
          names.add(each.getName());
        }
      }
      return names.containsAll(List.of(method, answer));
    }

    @Override
    public String toString() {
      return declaring.getSimpleName() + "." + method + " with " + answer;
    }
  }

  /**
   * Held results wait for a commit that comes {@code commit.interval.max} after the first work if
   * nobody says that they are there. The exempt ones write rows before the commit and emit nothing,
   * so that nobody waits for them.
   */
  private static final Pair BEFORE_COMMIT =
      new Pair(
          KeyedOperator.class,
          "beforeCommit",
          "holdsResults",
          Set.of(
              "CoGroupOperator",
              "DisjointAggregate",
              "PatternOperator",
              "ProcessOperator",
              "SlidingAggregate",
              "StreamJoinOperator",
              "TemporalLookupOperator"));

  private static final List<Pair> PAIRS =
      List.of(
          BEFORE_COMMIT,
          new Pair(KeyedOperator.class, "onClock", "looksAtClock", Set.of()),
          new Pair(FoldFunction.class, "isDeleted", "deletes", Set.of()),
          new Pair(FoldFunction.class, "valuesIn", "grows", Set.of()));

  /** Emits before the commit, and keeps to itself that it will. */
  private static class Wrong implements KeyedOperator {
    @Override
    public RowPrefetch prefetch(int input) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void want(int input, KeyedRecord record) {}

    @Override
    public void onRecord(int input, KeyedRecord record) {}

    @Override
    public boolean onTime(TimeDomain domain, long watermarkMs) {
      return true;
    }

    @Override
    public void beforeCommit() {}
  }

  /** Says what its parent keeps to itself. */
  private static final class Right extends Wrong {
    @Override
    public boolean holdsResults() {
      return true;
    }
  }

  /** Has both methods of its parent. */
  private static final class Heir extends Wrong {}

  @ParameterizedTest
  @FieldSource("PAIRS")
  void whoOverridesTheOneOverridesTheOther(Pair pair) {
    assertThat(pair.isDeclared()).as("both are there, with a default").isTrue();
    assertThat(pair.brokenBy(ArchitectureTest.libraryClasses()))
        .as(
            "classes with %s, less those that are exempt; one that needs no answer is to be exempt",
            pair)
        .isEqualTo(new TreeSet<>(pair.exempt()));
  }

  @Test
  void anOperatorThatEmitsBeforeACommitWithoutSayingSoIsFound() {
    JavaClasses fixtures = new ClassFileImporter().importClasses(Wrong.class, Right.class);
    assertThat(BEFORE_COMMIT.brokenBy(fixtures)).containsExactly("Wrong");
  }

  @Test
  void whatIsInheritedCountsAsOverridden() {
    JavaClasses fixtures = new ClassFileImporter().importClasses(Heir.class);
    assertThat(BEFORE_COMMIT.brokenBy(fixtures)).containsExactly("Heir");
  }
}
