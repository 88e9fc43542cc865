package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ChildCommandTest {

  @Test
  void theChildHasTheWordsOfItsParentAndOneMore() {
    List<String> words = List.of("-v", "run", "--supervise", "job.jar", "--", "run", "--child");
    assertThat(ChildCommand.asChild(words, "run"))
        .containsExactly("-v", "run", "--child", "--supervise", "job.jar", "--", "run", "--child");
  }

  @Test
  void itsJvmHasTheOptionsOfItsParentsJvmUnlessThereAreOthers() {
    List<String> same = ChildCommand.of("Main", List.of("run"), "run", Optional.empty(), List.of());
    assertThat(same.get(0)).endsWith("java");
    assertThat(same).containsSubsequence("-cp", "Main", "run", "--child");
    assertThat(same).anyMatch(word -> word.startsWith("-X") || word.startsWith("-D"));
    List<String> own =
        ChildCommand.of(
            "Main",
            List.of("run"),
            "run",
            Optional.of(" -Xmx384m  -XX:+UseG1GC "),
            List.of("-Xlog:gc"));
    assertThat(own.subList(1, 5)).containsExactly("-Xmx384m", "-XX:+UseG1GC", "-Xlog:gc", "-cp");
  }

  @Test
  void aSpareKnowsBesidesWhichClassesToLoad() {
    assertThat(ChildCommand.asSpare(List.of("java", "run", "--child", "job.jar"), Path.of("/t/7")))
        .containsExactly("java", "run", "--child", "--classes", "/t/7", "job.jar");
  }

  @Test
  void optionsThatTheEnvironmentGivesAreNotGivenTwice() {
    assertThat(
            ChildCommand.withoutVariables(
                List.of("-javaagent:a.jar", "-Xmx1g", "-Dx=1", "-javaagent:a.jar"),
                Map.of("JAVA_TOOL_OPTIONS", "-javaagent:a.jar  -Dx=1", "PATH", "-Xmx1g")))
        .containsExactly("-Xmx1g", "-javaagent:a.jar");
  }
}
