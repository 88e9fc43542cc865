package dev.millrace.testkit;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.runtime.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A job that looks up rows which stood in the topics of tables before it was first started. */
final class StandingRows {

  private StandingRows() {}

  static DataStream<String> stream(Job job) {
    return job.source(KafkaSource.strings("stream"));
  }

  static Table<String, String> rows(Job job) {
    return job.table(KafkaTable.strings("rows", String.class));
  }

  /** {@return a table that is made of the tables of topics} */
  static Table<String, ?> made(Job job, MadeTable made) {
    return made.of(() -> rows(job), () -> job.table(KafkaTable.strings("others", String.class)));
  }

  static String letter(String value) {
    return value.substring(0, 1);
  }

  static void lookUp(DataStream<String> stream, Table<String, ?> table) {
    stream
        .join(table)
        .on(StandingRows::letter)
        .left((value, row) -> value + "+" + row)
        .name("joined")
        .to(KafkaSink.strings("out"));
  }

  static Job job() {
    Job job = Job.named("standing");
    lookUp(stream(job), rows(job));
    return job;
  }

  static List<String> out(JobTest test) {
    return test.output("out", String.class);
  }

  /** Rows of few keys, so that a record which comes too early finds another one. */
  static Map<String, String> fill(JobTest test, String topic, int rows, Random random) {
    Map<String, String> table = new TreeMap<>();
    for (int i = 0; i < rows; i++) {
      String key = "" + (char) ('a' + random.nextInt(20));
      if (random.nextInt(10) == 0) {
        test.topic(topic, String.class).sendTombstone(key);
        table.remove(key);
      } else {
        test.topic(topic, String.class).send(TestRecord.of(key + i % 7).key(key));
        table.put(key, key + i % 7);
      }
    }
    return table;
  }

  /** Sends records; returns what they find. */
  static List<String> send(JobTest test, int records, Map<String, ?> table, Random random) {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      String key = "" + (char) ('a' + random.nextInt(22));
      test.topic("stream", String.class).send(key + ":" + i);
      expected.add(key + ":" + i + "+" + table.get(key));
    }
    return expected;
  }

  static boolean waits(JobTest test) {
    return test.running().stream()
        .flatMap(instance -> instance.workers().stream())
        .map(Worker::view)
        .flatMap(view -> view.tasks().stream())
        .anyMatch(TaskView::awaitsTables);
  }

  static String allBut(Job job, String left) {
    return String.join(
        ",", JobTest.of(job).stages().stream().filter(stage -> !stage.equals(left)).toList());
  }
}
