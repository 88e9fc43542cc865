package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.config.JobConfig;
import dev.millrace.error.LogTruncatedException;
import dev.millrace.error.RecordsDeletedException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keeps the documents honest: their programs compile and can be planned, their links lead on. */
final class DocumentsTest {

  private static final Path ROOT = Checkout.file("");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]*)(#[^)\\s]*)?\\)");

  /** A type, with its package below the root and a method if they are given. */
  private static final Pattern NAME =
      Pattern.compile(
          "`(?<package>(?:[a-z]+\\.)*)(?<type>[A-Z]\\w*[a-z]\\w*)(?:\\.(?<member>\\w+))?`");

  private static final Pattern PHRASE = Pattern.compile("`([A-Z][a-z]+ [^`]+)`");

  private static final Pattern PACKAGE = Pattern.compile("`([a-z.]+)`");

  @TempDir Path classes;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docs/EVENT-TIME.md",
        "docs/METRICS.md",
        "docs/PATTERNS.md",
        "docs/PROCESS-FUNCTIONS.md",
        "docs/SOURCES-AND-SINKS.md",
        "docs/STATE-QUERIES.md",
        "docs/TABLES-AND-JOINS.md"
      })
  void programsOfTheGuidesCompileAndRun(String document) throws Exception {
    Snippets guide = Snippets.of(ROOT.resolve(document));
    assertThat(guide.unmarked()).as("lines of Java blocks that do not say what they are").isEmpty();
    assertThat(guide.compile(classes)).isEmpty();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
      Class<?> type = loader.loadClass(guide.className());
      for (Snippets.Block block : guide.blocks()) {
        if (block.runs()) {
          run(type, block);
        }
      }
    }
  }

  private static void run(Class<?> type, Snippets.Block block) throws Exception {
    try {
      if (block.isJob()) {
        Job job = Job.named("guide");
        Method method = type.getMethod(block.method(), Job.class);
        method.invoke(null, job);
        assertThat(Millrace.plan(job, JobConfig.defaults()).stages()).isNotEmpty();
      } else {
        type.getMethod(block.method()).invoke(null);
      }
    } catch (InvocationTargetException e) {
      throw new AssertionError("the program at line " + block.line() + " failed", e.getCause());
    }
  }

  @Test
  void theProgramOfTheReadmeCompiles() throws IOException {
    Snippets readme = Snippets.of(ROOT.resolve("README.md"));
    assertThat(readme.blocks()).isNotEmpty();
    assertThat(readme.unmarked()).isEmpty();
    assertThat(readme.compile(classes)).isEmpty();
  }

  /** They test the job of the README. */
  @Test
  void theTestsOfTheTestingGuidePass(@TempDir Path output) throws Exception {
    Snippets guide =
        Snippets.of(ROOT.resolve("docs/TESTING.md")).after(Snippets.of(ROOT.resolve("README.md")));
    assertThat(guide.unmarked()).isEmpty();
    assertThat(guide.compile(classes)).isEmpty();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
      Class<?> type = loader.loadClass(guide.className());
      List<Method> tests =
          Stream.of(type.getDeclaredMethods())
              .filter(method -> method.isAnnotationPresent(Test.class))
              .toList();
      assertThat(tests).hasSize(2);
      for (Method test : tests) {
        test.setAccessible(true);
        test.invoke(
            type.getConstructor().newInstance(),
            Files.createDirectory(output.resolve(test.getName())));
      }
    }
  }

  /** Without an empty line after it, a paragraph is shown as the last row. */
  @ParameterizedTest
  @ValueSource(strings = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"})
  void tablesEndBeforeTheNextParagraph(String where) throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path file : markdown(where)) {
      List<String> lines = Files.readAllLines(file);
      for (int i = 1; i < lines.size(); i++) {
        boolean goesOn = !lines.get(i).isBlank() && !lines.get(i).startsWith("<!--");
        if (lines.get(i - 1).startsWith("|") && goesOn && !lines.get(i).startsWith("|")) {
          broken.add(ROOT.relativize(file) + " line " + (i + 1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"})
  void linksLeadToFiles(String where) throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path file : markdown(where)) {
      Matcher link = LINK.matcher(Files.readString(file));
      while (link.find()) {
        if (!leadsOn(file, link.group(1), link.group(2))) {
          broken.add(ROOT.relativize(file) + " -> " + link.group());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static List<Path> markdown(String where) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve(where))) {
      return files.filter(path -> path.toString().endsWith(".md")).toList();
    }
  }

  private static boolean leadsOn(Path from, String target, @Nullable String section)
      throws IOException {
    if (target.contains(":")) {
      return true;
    }
    Path file = target.isEmpty() ? from : from.resolveSibling(target);
    return Files.exists(file) && (section == null || headings(file).contains(section.substring(1)));
  }

  /** Operators look for the lines of the log that they have read about. */
  @Test
  void theLogHasTheLinesThatTheOperationsGuideNames() throws IOException {
    String document = Files.readString(ROOT.resolve("docs/OPERATIONS.md"));
    String section = document.split("## What the logs show")[1].split("\n## ")[0];
    StringBuilder code = new StringBuilder();
    for (Path source : sources().values()) {
      code.append(Files.readString(source).replaceAll("\"\\s*\\+\\s*\"", ""));
    }
    List<String> lines =
        PHRASE
            .matcher(section)
            .results()
            .map(found -> found.group(1).replaceAll("\\s+", " "))
            .toList();
    assertThat(lines).hasSizeGreaterThan(5).allMatch(line -> code.indexOf('"' + line + '"') >= 0);
  }

  /** With the offsets of the guide's example, whose words operators search for. */
  @Test
  void errorsOfLostInputReadAsTheOperationsGuideQuotesThem() throws IOException {
    String document = Files.readString(ROOT.resolve("docs/OPERATIONS.md")).replaceAll("\\s+", " ");
    assertThat(quotes(document, "its log was cut off"))
        .allMatch(
            new LogTruncatedException("s", "t", 0, 100, 80, 120, null).getMessage()::contains);
    assertThat(quotes(document, "records were deleted"))
        .allMatch(new RecordsDeletedException("s", "t", 0, 100, 150, null).getMessage()::contains);
  }

  private static List<String> quotes(String document, String beginning) {
    List<String> quotes =
        Pattern.compile("`\\.\\.\\. (" + beginning + "[^`]*)`")
            .matcher(document)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(quotes).isNotEmpty();
    return quotes;
  }

  /** Classes, methods and packages that the description of the architecture names are there. */
  @Test
  void theArchitectureNamesWhatThereIs() throws IOException {
    String document = Files.readString(ROOT.resolve("docs/ARCHITECTURE.md"));
    Map<String, Path> sources = sources();
    List<String> unknown = new ArrayList<>();
    Matcher name = NAME.matcher(document);
    while (name.find()) {
      Path source = sources.get(name.group("type"));
      boolean isThere =
          source != null
              && source.toString().contains(name.group("package").replace('.', '/'))
              && (name.group("member") == null
                  || Files.readString(source).contains(" " + name.group("member") + "("));
      if (!isThere) {
        unknown.add(name.group());
      }
    }
    assertThat(unknown).as("names that no source has").isEmpty();

    Set<String> described = new TreeSet<>();
    document
        .lines()
        .dropWhile(line -> !line.equals("| package | holds |"))
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .flatMap(line -> PACKAGE.matcher(line.split("\\|")[1]).results())
        .forEach(each -> described.add(each.group(1)));
    assertThat(described).as("rooms of the engine").isEqualTo(internalPackages());

    String packages = document.split("\nPublic: ")[1].split("\n\n")[0];
    for (Path each : publicPackages()) {
      assertThat(packages).contains("`" + each.getFileName() + "`");
    }
  }

  private static Map<String, Path> sources() throws IOException {
    Map<String, Path> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("library/src"))) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(file -> sources.put(file.getFileName().toString().replace(".java", ""), file));
    }
    return sources;
  }

  private static List<Path> publicPackages() throws IOException {
    Path root = ROOT.resolve("library/src/main/java/dev/millrace");
    try (Stream<Path> files = Files.list(root)) {
      return files.filter(Files::isDirectory).filter(each -> !each.endsWith("internal")).toList();
    }
  }

  private static Set<String> internalPackages() throws IOException {
    Path internal = ROOT.resolve("library/src/main/java/dev/millrace/internal");
    try (Stream<Path> files = Files.walk(internal)) {
      return files
          .filter(file -> file.endsWith("package-info.java"))
          .map(file -> internal.relativize(file.getParent()).toString().replace('/', '.'))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** The names under which the headings of a document can be linked to. */
  private static List<String> headings(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(name -> name.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .toList();
  }
}
