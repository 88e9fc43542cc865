package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What tables write: their changes, as lines of the topic {@code changes} such as {@code INSERT key
 * value}, and their rows.
 */
final class TableChanges {

  private TableChanges() {}

  /** Writes the changes of a table to the topic. */
  static void writeChanges(Table<?, ?> table) {
    table
        .changes()
        .map(change -> change.kind() + " " + change.key() + " " + change.value())
        .to(KafkaSink.strings("changes"));
  }

  /** {@return the lines that are committed} */
  static List<String> changes(JobTest test) {
    return test.output("changes", String.class);
  }

  /** {@return the table that changes make, each of which has to fit what is there} */
  static Map<String, String> applied(List<String> changes) {
    Map<String, String> table = new TreeMap<>();
    for (String change : changes) {
      String[] parts = change.split(" ");
      switch (parts[0]) {
        case "INSERT" -> assertThat(table.put(parts[1], parts[2])).as(change).isNull();
        case "UPDATE_BEFORE", "DELETE" ->
            assertThat(table.remove(parts[1])).as(change).isEqualTo(parts[2]);
        default -> assertThat(table.put(parts[1], parts[2])).as(change).isNull();
      }
    }
    return table;
  }

  /** {@return a table of texts, which an upsert sink writes as JSON} */
  static Map<String, String> written(JobTest test, String topic) {
    Map<String, String> table = new TreeMap<>(test.table(topic, String.class));
    table.replaceAll((key, json) -> json.substring(1, json.length() - 1));
    return table;
  }
}
