package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The counts of words that comments of the main sources had better not use, which are a warning
 * only, and the first words of the descriptions of types.
 */
final class WordsTest {

  private static final Path ROOT = Checkout.file("");
  private static final int LISTED_FILES = 10;

  private static final Map<String, Pattern> WORDS = words();

  // Strings and characters come first, so that what looks like a comment in them is none.
  private static final Pattern STRING_OR_COMMENT =
      Pattern.compile(
          "\"\"\"(?:\\\\[\\s\\S]|\"(?!\"\")|[^\"\\\\])*+\"\"\""
              + "|\"(?:\\\\.|[^\"\\\\\n])*+\""
              + "|'(?:\\\\.|[^'\\\\\n])++'"
              + "|/\\*[\\s\\S]*?\\*/"
              + "|//[^\n]*+(?:\n[ ]*+//[^\n]*+)*+");

  private static final Pattern TYPE =
      Pattern.compile(
          "\\s*(?:@\\w+(?:\\([^)]*\\))?\\s+)*"
              + "(?:(?:public|protected|private|static|final|abstract|sealed|non-sealed)\\s+)*"
              + "(?:class|interface|@interface|record|enum)\\s+(\\w+)");

  private static final Pattern QUESTION =
      Pattern.compile(
          "/\\*\\*[\\s*]*(?:What|How|Where|Which|Whether|When|Who|Whose|Why)\\b[\\s\\S]*");

  private static final Pattern MARGIN = Pattern.compile("\\s*\n\\s*(?:\\*(?!/)|//)?\\s*");

  private static Map<String, Pattern> words() {
    Map<String, Pattern> words = new LinkedHashMap<>();
    words.put("behind (after, older than)", word("behind"));
    words.put("ahead of (before)", word("ahead of"));
    words.put("tell, told, say, said (emit, report, send)", word("tells?|told|says?|said"));
    words.put("whoever (name the caller or owner)", word("whoever"));
    words.put("of old (older)", word("of old"));
    words.put("that is so", word("that is so"));
    words.put("given up (dropped, aborted, released, closed)", word("given up"));
    return words;
  }

  private static Pattern word(String alternatives) {
    return Pattern.compile("\\b(?:" + alternatives + ")\\b", Pattern.CASE_INSENSITIVE);
  }

  @Test
  void wordsOfTheListAreCountedInCommentsOfMainSources() throws IOException {
    List<Path> sources = mainSources();
    assertThat(sources).as("main sources below " + ROOT).isNotEmpty();

    Map<String, Long> perWord = new LinkedHashMap<>();
    Map<String, Long> perFile = new TreeMap<>();
    for (Path source : sources) {
      String comments = comments(Files.readString(source));
      WORDS.forEach(
          (name, word) -> {
            long count = word.matcher(comments).results().count();
            perWord.merge(name, count, Long::sum);
            perFile.merge(ROOT.relativize(source).toString(), count, Long::sum);
          });
    }
    System.out.println(report(perWord, perFile));
  }

  @Test
  void theDescriptionOfATypeBeginsWithItsNoun() throws IOException {
    List<String> questions = new ArrayList<>();
    for (Path source : mainSources()) {
      String text = Files.readString(source);
      Matcher comment = STRING_OR_COMMENT.matcher(text);
      while (comment.find()) {
        Matcher type = TYPE.matcher(text).region(comment.end(), text.length());
        if (QUESTION.matcher(comment.group()).matches() && type.lookingAt()) {
          questions.add(ROOT.relativize(source) + ": " + type.group(1));
        }
      }
    }
    assertThat(questions).as("types that are described by a question").isEmpty();
  }

  private static List<Path> mainSources() throws IOException {
    try (Stream<Path> modules = Files.list(ROOT)) {
      return modules
          .map(module -> module.resolve("src/main/java"))
          .filter(Files::isDirectory)
          .flatMap(WordsTest::sourcesBelow)
          .toList();
    }
  }

  private static Stream<Path> sourcesBelow(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new AssertionError("cannot read " + directory, e);
    }
  }

  /** {@return the comments one after the other, each on one line so that phrases stay whole} */
  private static String comments(String source) {
    StringBuilder comments = new StringBuilder();
    Matcher found = STRING_OR_COMMENT.matcher(source);
    while (found.find()) {
      if (found.group().startsWith("/")) {
        comments.append(MARGIN.matcher(found.group()).replaceAll(" ")).append('\n');
      }
    }
    return comments.toString();
  }

  private static String report(Map<String, Long> perWord, Map<String, Long> perFile) {
    String words =
        perWord.entrySet().stream()
            .map(word -> String.format("%n  %5d  %s", word.getValue(), word.getKey()))
            .collect(Collectors.joining());
    String files =
        perFile.entrySet().stream()
            .filter(file -> file.getValue() > 0)
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .limit(LISTED_FILES)
            .map(file -> String.format("%n  %5d  %s", file.getValue(), file.getKey()))
            .collect(Collectors.joining());
    return "WORDS in comments of main sources:" + words + String.format("%n") + files;
  }
}
