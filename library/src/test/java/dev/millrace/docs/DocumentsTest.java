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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keeps the documents honest: their programs compile and can be planned, their links lead on. */
final class DocumentsTest {

  private static final Path ROOT = Path.of(System.getProperty("basedir", ""), "..").normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)\\s]*)?\\)");

  @TempDir Path classes;

  @Test
  void programsOfTheGuideCompileAndRun() throws Exception {
    Snippets guide = Snippets.of(ROOT.resolve("docs/EVENT-TIME.md"));
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
      if (block.kind().equals("job")) {
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
          String target = link.group(1);
          if (!target.contains(":") && !Files.exists(file.resolveSibling(target))) {
            broken.add(ROOT.relativize(file) + " -> " + target);
          }
        }
      }
    }
    assertThat(broken).isEmpty();
  }
}
