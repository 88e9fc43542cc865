package dev.millrace.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * The Java blocks of a document. The line ahead of a block says in a comment what it is:
 *
 * <pre>
 *   &lt;!-- java: declarations --&gt;  types and methods that the blocks below may use
 *   &lt;!-- java: job --&gt;           statements; 'job' is an empty job, 'readings' a stream of it
 *   &lt;!-- java: job by the clock --&gt;  the same; its results depend on processing time
 *   &lt;!-- java: statements --&gt;    statements by themselves
 *   &lt;!-- java: compiled T name --&gt;  statements about a variable that is not there: not run
 * </pre>
 *
 * <p>All blocks make up one class, so that a name means the same thing throughout a document.
 */
final class Snippets {

  private static final String MARK = "<!-- java: ";
  private static final List<String> IMPORTS =
      List.of(
          "dev.millrace.*",
          "dev.millrace.aggregate.*",
          "dev.millrace.config.*",
          "dev.millrace.connector.*",
          "dev.millrace.error.*",
          "dev.millrace.function.*",
          "dev.millrace.metrics.*",
          "dev.millrace.output.*",
          "dev.millrace.pattern.*",
          "dev.millrace.process.*",
          "dev.millrace.query.*",
          "dev.millrace.serde.*",
          "dev.millrace.state.*",
          "dev.millrace.table.*",
          "dev.millrace.testkit.*",
          "dev.millrace.time.*",
          "dev.millrace.window.*",
          "java.math.BigDecimal",
          "java.nio.file.Path",
          "java.time.*",
          "java.util.*",
          "java.util.concurrent.CompletionStage",
          "java.util.function.Consumer",
          "org.jspecify.annotations.Nullable",
          "org.junit.jupiter.api.Test",
          "org.junit.jupiter.api.io.TempDir",
          "static org.assertj.core.api.Assertions.assertThat");

  /** One block: what it is, and the number of its first line. */
  record Block(String kind, int line, List<String> code) {

    boolean runs() {
      return isJob() || kind.equals("statements");
    }

    boolean isDeclarations() {
      return kind.equals("declarations");
    }

    boolean isJob() {
      return kind.startsWith("job");
    }

    boolean goesByEventTime() {
      return kind.equals("job");
    }

    String method() {
      return "line" + line;
    }
  }

  private final Path document;
  private final List<Block> blocks = new ArrayList<>();
  private final List<Integer> unmarked = new ArrayList<>();

  private Snippets(Path document) {
    this.document = document;
  }

  static Snippets of(Path document) throws IOException {
    Snippets snippets = new Snippets(document);
    snippets.read(Files.readAllLines(document));
    return snippets;
  }

  /** {@return these after the declarations of another document, which they may use} */
  Snippets after(Snippets other) {
    Snippets both = new Snippets(document);
    other.blocks.stream().filter(Block::isDeclarations).forEach(both.blocks::add);
    both.blocks.addAll(blocks);
    both.unmarked.addAll(unmarked);
    return both;
  }

  private void read(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).equals("```java")) {
        continue;
      }
      int end = i + 1;
      while (!lines.get(end).equals("```")) {
        end++;
      }
      String before = i == 0 ? "" : lines.get(i - 1);
      if (before.startsWith(MARK)) {
        String kind = before.substring(MARK.length(), before.indexOf(" -->"));
        blocks.add(new Block(kind, i + 2, lines.subList(i + 1, end)));
      } else {
        unmarked.add(i + 1);
      }
      i = end;
    }
  }

  List<Block> blocks() {
    return blocks;
  }

  /** {@return the lines of Java blocks that do not say what they are} */
  List<Integer> unmarked() {
    return unmarked;
  }

  String className() {
    return document.getFileName().toString().replaceAll("[^A-Za-z]", "_");
  }

  /** Compiles all blocks into a directory; returns what the compiler has against them. */
  List<String> compile(Path classes) throws IOException {
    List<String> source = new ArrayList<>();
    List<Integer> origin = new ArrayList<>();
    IMPORTS.forEach(name -> add(source, origin, "import " + name + ";", 0));
    add(source, origin, "public final class " + className() + " {", 0);
    for (Block block : blocks) {
      if (!block.isDeclarations()) {
        add(source, origin, head(block), 0);
      }
      for (int i = 0; i < block.code().size(); i++) {
        add(source, origin, block.code().get(i), block.line() + i);
      }
      if (!block.isDeclarations()) {
        add(source, origin, "}", 0);
      }
    }
    add(source, origin, "}", 0);
    Path file = classes.resolve(className() + ".java");
    Files.write(file, source);
    return compile(file, classes, origin);
  }

  private static void add(List<String> source, List<Integer> origin, String line, int from) {
    source.add(line);
    origin.add(from);
  }

  private String head(Block block) {
    String method = "public static void " + block.method();
    if (block.isJob()) {
      return method
          + "(Job job) throws Exception {"
          + (declares("readings(Job job)") ? " DataStream<Reading> readings = readings(job);" : "");
    }
    String parameters =
        block.kind().startsWith("compiled ") ? block.kind().substring("compiled ".length()) : "";
    return method + "(" + parameters + ") throws Exception {";
  }

  private boolean declares(String text) {
    return blocks.stream()
        .filter(Block::isDeclarations)
        .anyMatch(block -> String.join("\n", block.code()).contains(text));
  }

  private List<String> compile(Path file, Path classes, List<Integer> origin) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-proc:none",
            "-parameters",
            "-d",
            classes.toString(),
            "-classpath",
            System.getProperty("java.class.path"));
    try (StandardJavaFileManager files = compiler.getStandardFileManager(said, Locale.ROOT, null)) {
      compiler.getTask(null, files, said, options, null, files.getJavaFileObjects(file)).call();
    }
    return said.getDiagnostics().stream()
        .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
        .map(each -> at(origin, each.getLineNumber()) + ": " + each.getMessage(Locale.ROOT))
        .collect(Collectors.toList());
  }

  private String at(List<Integer> origin, long line) {
    int from = line < 1 ? 0 : origin.get((int) line - 1);
    return document.getFileName() + (from == 0 ? "" : " line " + from);
  }
}
