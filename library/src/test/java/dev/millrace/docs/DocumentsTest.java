package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.config.JobConfig;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  @TempDir Path classes;

  @ParameterizedTest
  @ValueSource(strings = {"docs/EVENT-TIME.md", "docs/PROCESS-FUNCTIONS.md"})
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
    assertThat(readme.compile(classes)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"})
  void linksLeadToFiles(String where) throws IOException {
    List<String> broken = new ArrayList<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve(where))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".md")).toList()) {
        Matcher link = LINK.matcher(Files.readString(file));
        while (link.find()) {
          if (!leadsOn(file, link.group(1), link.group(2))) {
            broken.add(ROOT.relativize(file) + " -> " + link.group());
          }
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static boolean leadsOn(Path from, String target, @Nullable String section)
      throws IOException {
    if (target.contains(":")) {
      return true;
    }
    Path file = target.isEmpty() ? from : from.resolveSibling(target);
    return Files.exists(file) && (section == null || headings(file).contains(section.substring(1)));
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
