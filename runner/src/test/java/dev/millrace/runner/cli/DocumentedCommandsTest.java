package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.beust.jcommander.ParameterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What documents say of the command line: commands and options that there are. */
final class DocumentedCommandsTest {

  private static final Path ROOT = Path.of("..");

  /** Up to what the shell does with it. */
  private static final Pattern COMMAND_LINE = Pattern.compile("runner\\.jar ([a-z][^|<>&]*)");

  private static final Pattern COMMENT = Pattern.compile("(^| )# .*");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern WORD = Pattern.compile("'[^']*'|[^\\s']+");

  @Test
  void everyCommandLineInADocumentCanBeRead() throws IOException {
    List<String> wrong = new ArrayList<>();
    int read = 0;
    for (Path document : documents()) {
      for (String line : commandLines(document)) {
        read++;
        try {
          CommandTable.Parsed ignored = new CommandTable().parse(words(line));
        } catch (ParameterException e) {
          wrong.add(document.getFileName() + ": " + line + ": " + e.getMessage());
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(read).isGreaterThan(40);
  }

  @Test
  void everyCommandHasARowOnThePageOfTheCommandLine() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/CLI.md"));
    assertThat(new CommandTable().names())
        .allSatisfy(name -> assertThat(page).containsPattern("(?m)^\\|.*`" + name + "[ `]"));
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    for (String place : List.of(".", "docs", "fraud", "distinct-words", "deploy/kubernetes")) {
      try (Stream<Path> files = Files.list(ROOT.resolve(place))) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
      }
    }
    return documents;
  }

  /** {@return the command lines in blocks of code, and in code amid sentences} */
  private static List<String> commandLines(Path document) throws IOException {
    List<String> code = new ArrayList<>();
    StringBuilder prose = new StringBuilder();
    boolean inBlock = false;
    for (String line : Files.readAllLines(document)) {
      if (line.startsWith("```")) {
        inBlock = !inBlock;
      } else if (inBlock) {
        code.add(COMMENT.matcher(line).replaceFirst(""));
      } else {
        prose.append(line.strip()).append(' ');
      }
    }
    CODE.matcher(prose).results().map(span -> span.group(1)).forEach(code::add);
    return code.stream()
        .flatMap(each -> COMMAND_LINE.matcher(each).results())
        .map(found -> found.group(1))
        .toList();
  }

  /** {@return the words that are the runner's, not those of the job} */
  private static List<String> words(String line) {
    return WORD.matcher(line)
        .results()
        .map(MatchResult::group)
        .takeWhile(word -> !word.equals("--"))
        .map(word -> word.replace("'", ""))
        .toList();
  }
}
