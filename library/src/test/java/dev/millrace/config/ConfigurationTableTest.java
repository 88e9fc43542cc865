package dev.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.docs.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/CONFIGURATION.md} and the table of keys the same. */
final class ConfigurationTableTest {

  private static final Path DOCUMENT = Checkout.file("docs/CONFIGURATION.md");
  private static final String BEGIN = "<!-- The table is made from ConfigKeys. -->\n";
  private static final String END = "<!-- End of the table. -->";

  @Test
  void theDocumentHasTheTableOfKeys() throws IOException {
    String document = Files.readString(DOCUMENT);
    int begin = document.indexOf(BEGIN) + BEGIN.length();
    int end = document.indexOf(END);
    String table = table();
    if (Boolean.getBoolean("millrace.write.docs")) {
      Files.writeString(DOCUMENT, document.substring(0, begin) + table + document.substring(end));
      return;
    }
    assertThat(document.substring(begin, end))
        .as(
            "the table in %s; write it anew with"
                + " mvn -q test -pl library -am -Dtest=ConfigurationTableTest"
                + " -Dmillrace.write.docs=true -Dsurefire.failIfNoSpecifiedTests=false",
            DOCUMENT.normalize())
        .isEqualTo(table);
  }

  private static String table() {
    Stream<String> rows =
        ConfigKeys.table().values().stream()
            .map(
                key ->
                    "| `%s` | %s | %s |"
                        .formatted(key.name(), shownDefault(key), key.description()));
    return Stream.concat(Stream.of("| key | default | meaning |", "|---|---|---|"), rows)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** Defaults that depend on the machine are shown by what they depend on. */
  private static String shownDefault(ConfigKey<?> key) {
    String value = key.defaultValue();
    if (key == ConfigKeys.STATE_DIR) {
      return "`millrace-<user>` in the directory for temporary files";
    }
    return value.isEmpty() ? "" : "`" + value + "`";
  }
}
