package dev.millrace;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.millrace.internal.util.SystemClock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * Which package may use which, and a few rules that no compiler checks.
 *
 * <p>A new package needs a line in {@link #MAY_USE}; a new edge is a decision, so it shows in the
 * diff of this file.
 */
final class ArchitectureTest {

  private static final String ROOT = "dev.millrace";

  /** Own packages that each package may use, all without the root's name. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          // What users write programs with. The root is the door to the engine.
          entry(
              "",
              Set.of(
                  "pattern",
                  "internal.pattern",
                  "admin",
                  "aggregate",
                  "config",
                  "connector",
                  "error",
                  "function",
                  "metrics",
                  "output",
                  "serde",
                  "table",
                  "time",
                  "window",
                  "internal.admin",
                  "internal.codec",
                  "internal.codec.key",
                  "internal.fold",
                  "internal.launch",
                  "internal.plan",
                  "internal.query",
                  "internal.spec",
                  "internal.table",
                  "internal.type",
                  "internal.util",
                  "internal.window",
                  "process",
                  "query",
                  "internal.handle")),
          entry("admin", Set.of("metrics")),
          entry(
              "aggregate",
              Set.of(
                  "error",
                  "function",
                  "serde",
                  "internal.type",
                  "internal.util",
                  "internal.aggregate")),
          entry("config", Set.of("error", "internal.util")),
          entry(
              "connector", // its own sources and sinks are at home here, built on bytes, JSON and
              // the clock
              Set.of(
                  "error",
                  "function",
                  "serde",
                  "table",
                  "time",
                  "internal.codec.json",
                  "internal.spec",
                  "internal.table",
                  "internal.type",
                  "internal.util")),
          entry("error", Set.of()),
          entry("function", Set.of("error", "internal.util")),
          entry("metrics", Set.of()),
          entry("output", Set.of("error", "serde", "internal.util")),
          entry("serde", Set.of("error", "internal.type", "internal.util")),
          entry("process", Set.of("output", "state", "time", "internal.handle")),
          entry("query", Set.of("error", "window")),
          entry("state", Set.of("serde", "time")),
          entry(
              "pattern",
              Set.of(
                  "aggregate",
                  "error",
                  "function",
                  "output",
                  "serde",
                  "internal.pattern",
                  "internal.spec",
                  "internal.type",
                  "internal.util")),
          entry("table", Set.of()),
          entry("internal.table", Set.of()),
          entry("time", Set.of("internal.spec", "internal.util")),
          entry(
              "window",
              Set.of(
                  "error",
                  "function",
                  "output",
                  "serde",
                  "time",
                  "internal.spec",
                  "internal.type",
                  "internal.util",
                  "internal.window")),
          // What users test programs with: the engine on a cluster in memory.
          entry(
              "testkit",
              Set.of(
                  "internal.spec",
                  "",
                  "config",
                  "connector",
                  "error",
                  "metrics",
                  "serde",
                  "internal.codec",
                  "internal.codec.json",
                  "internal.codec.key",
                  "internal.connector",
                  "internal.fold",
                  "internal.launch",
                  "internal.meta",
                  "internal.plan",
                  "internal.runtime",
                  "internal.sim",
                  "internal.stage",
                  "internal.state.disk",
                  "internal.state.store",
                  "internal.util")),
          // Leaves of the engine.
          entry("internal.aggregate", Set.of("function")),
          entry("internal.type", Set.of()),
          entry("internal.pattern", Set.of("error")),
          entry(
              "internal.spec", Set.of("function", "serde", "internal.codec.json", "internal.util")),
          entry("internal.util", Set.of("error")),
          // Bytes of keys and values, from the inside out.
          entry("internal.codec.object", Set.of("error", "internal.type", "internal.util")),
          entry(
              "internal.codec.json",
              Set.of("error", "serde", "internal.codec.object", "internal.type", "internal.util")),
          entry(
              "internal.codec.key",
              Set.of("error", "internal.codec.object", "internal.type", "internal.util")),
          entry(
              "internal.codec",
              Set.of(
                  "error",
                  "internal.codec.json",
                  "internal.codec.object",
                  "internal.type",
                  "internal.util")),
          entry(
              "internal.handle",
              Set.of(
                  "error",
                  "serde",
                  "state",
                  "time",
                  "internal.codec.key",
                  "internal.state",
                  "internal.timer",
                  "internal.type",
                  "internal.util")),
          entry("internal.time", Set.of("internal.util")),
          entry("internal.timer", Set.of("time", "internal.state", "internal.util")),
          entry("internal.window", Set.of("time", "internal.spec", "internal.util")),
          entry("internal.frame", Set.of("internal.time", "internal.util")),
          // What a task keeps: rows above a store of bytes, and the directory that it is in.
          entry("internal.state.disk", Set.of("error", "internal.util")),
          entry("internal.state.store", Set.of("error", "internal.util")),
          entry("internal.state", Set.of("error", "internal.state.store", "internal.util")),
          entry(
              "internal.rocksdb",
              Set.of(
                  "error",
                  "internal.state",
                  "internal.state.disk",
                  "internal.state.store",
                  "internal.util")),
          entry("internal.kafka", Set.of("config", "error", "internal.util")),
          entry("internal.commit", Set.of("error", "internal.util")),
          entry(
              "internal.sim",
              Set.of(
                  "config",
                  "internal.kafka",
                  "internal.state.disk",
                  "internal.state.store",
                  "internal.util")),
          entry(
              "internal.connector",
              Set.of(
                  "connector",
                  "error",
                  "function",
                  "serde",
                  "table",
                  "internal.codec",
                  "internal.codec.json",
                  "internal.spec",
                  "internal.table",
                  "internal.type",
                  "internal.util")),
          entry(
              "internal.fold",
              Set.of("aggregate", "function", "serde", "internal.aggregate", "internal.type")),
          // The compiler and the runtime meet in plans only; operators know neither.
          entry(
              "internal.plan",
              Set.of(
                  "pattern",
                  "internal.pattern",
                  "internal.spec",
                  "internal.aggregate",
                  "connector",
                  "error",
                  "function",
                  "serde",
                  "output",
                  "table",
                  "time",
                  "window",
                  "internal.fold",
                  "internal.table",
                  "internal.type",
                  "internal.util",
                  "internal.window",
                  "process",
                  "internal.handle")),
          entry(
              "internal.compile",
              Set.of(
                  "internal.spec",
                  "internal.window",
                  "connector",
                  "error",
                  "function",
                  "output",
                  "time",
                  "internal.fold",
                  "internal.plan",
                  "internal.handle")),
          entry(
              "internal.operator",
              Set.of(
                  "window",
                  "connector",
                  "error",
                  "function",
                  "output",
                  "time",
                  "internal.codec.key",
                  "internal.fold",
                  "internal.frame",
                  "internal.state",
                  "internal.state.store",
                  "internal.type",
                  "internal.util")),
          entry(
              "internal.operator.aggregate",
              Set.of(
                  "error",
                  "internal.aggregate",
                  "internal.codec.key",
                  "internal.fold",
                  "internal.frame",
                  "internal.operator",
                  "internal.plan",
                  "internal.state",
                  "internal.table",
                  "internal.type",
                  "internal.util",
                  "time")),
          entry(
              "internal.operator.table",
              Set.of("function", "table", "internal.frame", "internal.operator", "internal.table")),
          entry(
              "internal.operator.process",
              Set.of(
                  "error",
                  "output",
                  "process",
                  "time",
                  "window",
                  "internal.codec.key",
                  "internal.frame",
                  "internal.handle",
                  "internal.operator",
                  "internal.plan",
                  "internal.state",
                  "internal.timer",
                  "internal.util")),
          entry(
              "internal.operator.pattern",
              Set.of(
                  "output",
                  "pattern",
                  "time",
                  "window",
                  "internal.codec.key",
                  "internal.frame",
                  "internal.operator",
                  "internal.pattern",
                  "internal.plan",
                  "internal.state",
                  "internal.timer",
                  "internal.type",
                  "internal.util")),
          entry(
              "internal.operator.join",
              Set.of(
                  "function",
                  "output",
                  "time",
                  "window",
                  "internal.codec.key",
                  "internal.fold",
                  "internal.frame",
                  "internal.operator",
                  "internal.plan",
                  "internal.state",
                  "internal.table",
                  "internal.time",
                  "internal.timer",
                  "internal.type",
                  "internal.util",
                  "internal.window")),
          entry(
              "internal.operator.async", Set.of("function", "internal.operator", "internal.util")),
          entry(
              "internal.operator.window",
              Set.of(
                  "internal.window",
                  "time",
                  "window",
                  "internal.codec.key",
                  "internal.fold",
                  "internal.frame",
                  "internal.operator",
                  "internal.plan",
                  "internal.state",
                  "internal.table",
                  "internal.timer",
                  "internal.type",
                  "internal.util")),
          // What is fixed of a stage while it runs.
          entry(
              "internal.stage",
              Set.of(
                  "error",
                  "metrics",
                  "internal.broadcast",
                  "internal.codec",
                  "internal.codec.key",
                  "internal.connector",
                  "internal.frame",
                  "internal.kafka",
                  "internal.plan",
                  "internal.spec",
                  "internal.state",
                  "internal.state.disk",
                  "internal.state.store",
                  "internal.time",
                  "internal.util")),
          // From an assigned partition to rows and positions; the task itself is not known there.
          entry(
              "internal.restore",
              Set.of(
                  "error",
                  "internal.commit",
                  "internal.frame",
                  "internal.kafka",
                  "internal.meta",
                  "internal.plan",
                  "internal.stage",
                  "internal.state",
                  "internal.state.disk",
                  "internal.state.store",
                  "internal.util")),
          // A task, from the inside out: none of these knows the worker that serves it.
          entry(
              "internal.shuffle",
              Set.of(
                  "error",
                  "function",
                  "internal.codec",
                  "internal.codec.key",
                  "internal.commit",
                  "internal.fold",
                  "internal.frame",
                  "internal.operator",
                  "internal.plan",
                  "internal.stage",
                  "internal.time",
                  "internal.util",
                  "internal.window",
                  "time")),
          entry(
              "internal.failure",
              Set.of(
                  "error",
                  "internal.commit",
                  "internal.connector",
                  "internal.operator",
                  "internal.stage",
                  "internal.util")),
          entry(
              "internal.progress",
              Set.of(
                  "error",
                  "internal.frame",
                  "internal.plan",
                  "internal.spec",
                  "internal.stage",
                  "internal.time",
                  "internal.util",
                  "time")),
          entry(
              "internal.input",
              Set.of(
                  "error",
                  "internal.codec",
                  "internal.failure",
                  "internal.frame",
                  "internal.operator",
                  "internal.stage",
                  "internal.util")),
          entry(
              "internal.task",
              Set.of(
                  "connector",
                  "error",
                  "function",
                  "internal.broadcast",
                  "internal.codec",
                  "internal.codec.key",
                  "internal.commit",
                  "internal.connector",
                  "internal.failure",
                  "internal.frame",
                  "internal.input",
                  "internal.operator",
                  "internal.operator.aggregate",
                  "internal.operator.async",
                  "internal.operator.join",
                  "internal.operator.pattern",
                  "internal.operator.process",
                  "internal.operator.table",
                  "internal.operator.window",
                  "internal.plan",
                  "internal.progress",
                  "internal.restore",
                  "internal.shuffle",
                  "internal.spec",
                  "internal.stage",
                  "internal.state",
                  "internal.state.store",
                  "internal.table",
                  "internal.time",
                  "internal.type",
                  "internal.util",
                  "output",
                  "time",
                  "window")),
          entry(
              "internal.runtime",
              Set.of(
                  "error",
                  "internal.commit",
                  "internal.connector",
                  "internal.failure",
                  "internal.frame",
                  "internal.kafka",
                  "internal.operator",
                  "internal.operator.async",
                  "internal.plan",
                  "internal.progress",
                  "internal.restore",
                  "internal.shuffle",
                  "internal.spec",
                  "internal.stage",
                  "internal.state.store",
                  "internal.task",
                  "internal.time",
                  "internal.util",
                  "metrics")),
          // Tables that an instance has whole; tasks see their rows.
          entry(
              "internal.broadcast",
              Set.of(
                  "config",
                  "error",
                  "internal.codec",
                  "internal.codec.key",
                  "internal.connector",
                  "internal.kafka",
                  "internal.plan",
                  "internal.spec",
                  "internal.table",
                  "internal.type",
                  "internal.util")),
          // From questions about state to what workers look up, and back to values.
          entry(
              "internal.query",
              Set.of(
                  "error",
                  "query",
                  "time",
                  "window",
                  "internal.aggregate",
                  "internal.codec.json",
                  "internal.codec.key",
                  "internal.connector",
                  "internal.fold",
                  "internal.frame",
                  "internal.handle",
                  "internal.plan",
                  "internal.runtime",
                  "internal.stage",
                  "internal.state",
                  "internal.state.store",
                  "internal.task",
                  "internal.timer",
                  "internal.type",
                  "internal.util",
                  "internal.window")),
          // What a job says of itself in Kafka; instances and administration meet there.
          entry("internal.meta", Set.of("admin", "error", "internal.codec", "internal.kafka")),
          entry(
              "internal.admin",
              Set.of(
                  "admin",
                  "config",
                  "error",
                  "metrics",
                  "internal.codec",
                  "internal.frame",
                  "internal.kafka",
                  "internal.meta",
                  "internal.stage", // the names of counters
                  "internal.time",
                  "internal.util")),
          // From a program to a job in the cluster, and the watch that it stays that program's.
          entry(
              "internal.deploy",
              Set.of(
                  "config",
                  "connector",
                  "error",
                  "internal.codec",
                  "internal.connector",
                  "internal.frame",
                  "internal.kafka",
                  "internal.meta",
                  "internal.plan",
                  "internal.progress",
                  "internal.spec",
                  "internal.stage",
                  "internal.util")),
          entry(
              "internal.launch",
              Set.of(
                  "admin",
                  "internal.broadcast",
                  "internal.spec",
                  "config",
                  "error",
                  "function",
                  "metrics",
                  "internal.codec",
                  "internal.codec.key",
                  "internal.commit",
                  "internal.compile",
                  "internal.connector",
                  "internal.deploy",
                  "internal.fold",
                  "internal.frame",
                  "internal.kafka",
                  "internal.meta",
                  "internal.plan",
                  "internal.query",
                  "internal.restore",
                  "internal.rocksdb",
                  "internal.runtime",
                  "internal.stage",
                  "internal.state",
                  "internal.state.disk",
                  "internal.state.store",
                  "internal.time",
                  "internal.util")));

  /** Own packages that may use a library; libraries that are not named here anybody may use. */
  private static final Map<String, Set<String>> LIBRARY_USERS =
      Map.of(
          "org.rocksdb",
          Set.of("internal.rocksdb"),
          "org.apache.kafka",
          Set.of(
              "", // Serde, for types
              "connector", // serializers and deserializers, for formats that come with a registry
              "internal.admin",
              "internal.broadcast",
              "internal.commit",
              "internal.connector",
              "internal.deploy",
              "internal.kafka",
              "internal.launch",
              "internal.meta",
              "internal.restore",
              "internal.failure",
              "internal.input",
              "internal.runtime",
              "internal.shuffle",
              "internal.sim",
              "internal.spec",
              "internal.stage", // the size of records
              "internal.task",
              "testkit"),
          "tools.jackson",
          Set.of(
              "internal.admin",
              "internal.codec",
              "internal.codec.json",
              "internal.launch",
              "internal.meta",
              "internal.plan"),
          "com.fasterxml.jackson",
          Set.of("internal.codec", "internal.codec.json"));

  private static final Set<String> CLOCK_READS =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          "java.time.Instant.now",
          "java.time.LocalDate.now",
          "java.time.LocalDateTime.now",
          "java.time.OffsetDateTime.now",
          "java.time.ZonedDateTime.now");

  private static final Set<String> NEVER_CALLED =
      Set.of(
          "java.lang.Thread.sleep",
          "java.util.concurrent.TimeUnit.sleep",
          "java.lang.Math.random",
          "java.util.concurrent.ThreadLocalRandom.current");

  /** Read once for all tests of this JVM, which takes seconds. */
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Job.class.getProtectionDomain().getCodeSource().getLocation());

  /**
   * {@return what is compiled together with {@link Job}: the library, neither its tests nor other
   * modules}
   */
  static JavaClasses libraryClasses() {
    return CLASSES;
  }

  @Test
  void everyPackageHasALineInTheTable() {
    assertThat(packages()).as("packages of the library").isEqualTo(new TreeSet<>(MAY_USE.keySet()));
  }

  @Test
  void packagesUseOnlyWhatTheTableAllows() {
    Set<String> broken = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      Set<String> allowed = MAY_USE.getOrDefault(shortName(type), Set.of());
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = element(dependency.getTargetClass());
        if (isOwn(target)
            && !shortName(target).equals(shortName(type))
            && !allowed.contains(shortName(target))) {
          broken.add(
              shortName(type) + " -> " + shortName(target) + ": " + dependency.getDescription());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void theTableHasNoCycles() {
    for (String name : MAY_USE.keySet()) {
      assertThat(pathBack(name, name, new HashSet<>()))
          .as("a way from %s to itself", name)
          .isEmpty();
    }
  }

  @Test
  void librariesStayWhereTheyBelong() {
    Set<String> broken = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String target = element(dependency.getTargetClass()).getPackageName();
        LIBRARY_USERS.forEach(
            (library, users) -> {
              if (isIn(target, library) && !users.contains(shortName(type))) {
                broken.add(dependency.getDescription());
              }
            });
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void onlyTheSystemClockReadsTheClock() {
    assertThat(callers(CLOCK_READS))
        .allSatisfy(call -> assertThat(call).startsWith(SystemClock.class.getName() + "."))
        .isNotEmpty();
  }

  @Test
  void nobodySleepsOrRollsDice() {
    assertThat(callers(NEVER_CALLED)).isEmpty();
    List<String> unseeded =
        accesses()
            .filter(call -> call.getTarget().getFullName().equals("java.util.Random.<init>()"))
            .map(JavaCodeUnitAccess::getDescription)
            .toList();
    assertThat(unseeded).isEmpty();
  }

  @Test
  void everyPackageIsNullMarked() {
    Set<String> unmarked = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
        unmarked.add(type.getPackageName());
      }
    }
    assertThat(unmarked).isEmpty();
  }

  @Test
  void publicSignaturesShowNothingInternal() {
    Set<String> leaks = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (shortName(type).startsWith("internal") || !isVisible(type)) {
        continue;
      }
      Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream())
          .filter(ArchitectureTest::isInternal)
          .forEach(parent -> leaks.add(type.getName() + " is a " + parent.getName()));
      for (JavaMember member : type.getMembers()) {
        if (isVisible(member)) {
          involved(member)
              .map(ArchitectureTest::element)
              .filter(ArchitectureTest::isInternal)
              .forEach(leak -> leaks.add(member.getFullName() + " shows " + leak.getName()));
        }
      }
    }
    assertThat(leaks).isEmpty();
  }

  @Test
  void ownTypesInheritFromOneAnotherAtMostOnce() {
    List<String> ladders =
        CLASSES.stream()
            .filter(type -> !type.isAssignableTo(Throwable.class))
            .filter(
                type ->
                    type.getAllRawSuperclasses().stream().filter(ArchitectureTest::isOwn).count()
                        > 1)
            .map(JavaClass::getName)
            .toList();
    assertThat(ladders).isEmpty();
  }

  private static Set<String> packages() {
    return CLASSES.stream()
        .map(ArchitectureTest::shortName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** {@return a way from a package to another along the table, empty if there is none} */
  private static List<String> pathBack(String from, String to, Set<String> seen) {
    for (String next : MAY_USE.getOrDefault(from, Set.of())) {
      if (next.equals(to)) {
        return List.of(from, to);
      }
      if (seen.add(next)) {
        List<String> rest = pathBack(next, to, seen);
        if (!rest.isEmpty()) {
          List<String> path = new ArrayList<>(List.of(from));
          path.addAll(rest);
          return path;
        }
      }
    }
    return List.of();
  }

  private static Stream<JavaCodeUnitAccess<?>> accesses() {
    return CLASSES.stream().flatMap(type -> type.getCodeUnitAccessesFromSelf().stream());
  }

  private static List<String> callers(Set<String> methods) {
    return accesses()
        .filter(
            call ->
                methods.contains(
                    call.getTargetOwner().getFullName() + "." + call.getTarget().getName()))
        .map(call -> call.getOrigin().getFullName() + " calls " + call.getTarget().getName())
        .toList();
  }

  private static Stream<JavaClass> involved(JavaMember member) {
    Set<JavaClass> types = new LinkedHashSet<>(member.getAllInvolvedRawTypes());
    if (member instanceof JavaCodeUnit unit) {
      types.addAll(unit.getExceptionTypes());
    }
    types.remove(member.getOwner());
    return types.stream();
  }

  private static boolean isVisible(JavaMember member) {
    return !member.getModifiers().contains(JavaModifier.SYNTHETIC)
        && (member.getModifiers().contains(JavaModifier.PUBLIC)
            || member.getModifiers().contains(JavaModifier.PROTECTED));
  }

  private static boolean isVisible(JavaClass type) {
    Optional<JavaClass> enclosing = type.getEnclosingClass();
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && (enclosing.isEmpty() || isVisible(enclosing.get()));
  }

  private static boolean isInternal(JavaClass type) {
    return isIn(type.getPackageName(), ROOT + ".internal");
  }

  private static boolean isOwn(JavaClass type) {
    return isIn(type.getPackageName(), ROOT);
  }

  private static boolean isIn(String name, String root) {
    return name.equals(root) || name.startsWith(root + ".");
  }

  /** {@return what an array is made of; the type itself if it is none} */
  private static JavaClass element(JavaClass type) {
    return type.isArray() ? type.getBaseComponentType() : type;
  }

  private static String shortName(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }
}
