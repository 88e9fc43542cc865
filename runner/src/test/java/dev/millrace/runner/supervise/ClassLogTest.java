package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClassLogTest {

  @TempDir Path directory;

  @Test
  void aLineBeginsWithTheNameOfAClass() {
    assertThat(ClassLog.name("java.lang.Object source: jrt:/java.base"))
        .contains("java.lang.Object");
    assertThat(ClassLog.name("java.util.Map$Entry source: shared objects file"))
        .contains("java.util.Map$Entry");
  }

  @Test
  void whatWasMadeWhileTheProgramRanHasNoNameOfUse() {
    assertThat(ClassLog.name("a.B$$Lambda$14/0x0000000800c03 source: a.B")).isEmpty();
    assertThat(ClassLog.name("java.lang.invoke.LambdaForm$MH/0x0000000800c04 source: x")).isEmpty();
    assertThat(ClassLog.name("")).isEmpty();
  }

  @Test
  void whatIsNotThereIsLeftOut() throws Exception {
    Path file = directory.resolve("classes");
    Files.write(file, List.of("of.the.Job source: file:/job.jar", "java.util.ArrayList source: x"));
    assertThatCode(() -> ClassLog.load(file)).doesNotThrowAnyException();
    assertThatCode(() -> ClassLog.load(directory.resolve("none"))).doesNotThrowAnyException();
  }

  @Test
  void onlyTheFileOfThePresentProcessIsKept() throws Exception {
    ClassLog log = ClassLog.create().orElseThrow();
    Path old = Files.writeString(log.only(1), "a");
    Path present = Files.writeString(log.only(2), "b");
    assertThat(log.only(2)).isEqualTo(present).exists();
    assertThat(old).doesNotExist();
    assertThat(log.jvmOption()).contains(present.getParent() + "/%p");
  }
}
