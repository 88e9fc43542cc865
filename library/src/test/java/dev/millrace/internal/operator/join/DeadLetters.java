package dev.millrace.internal.operator.join;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads dead letters of joins on a broker. What could not be joined is read from the message of the
 * failure, since not every value is text; other tests look at the values.
 */
public final class DeadLetters {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private DeadLetters() {}

  /**
   * A dead letter.
   *
   * @param join the join's name
   * @param place the key
   * @param rows what could not be joined
   */
  record Letter(String join, String place, String rows) {}

  /** {@return the failure of a function that was given some rows of a key} */
  static IllegalArgumentException failure(String place, String rows) {
    return new IllegalArgumentException("cannot join\t" + place + "\t" + rows);
  }

  static Letter parsed(ConsumerRecord<byte[], byte[]> record) {
    String join = header(record, "operator").replaceFirst("-(keys|rows)$", "");
    String[] failure = header(record, "message").split("\t");
    // A join of tables does not give its function the key; its letters have it.
    String place =
        failure[1].isEmpty() ? JSON.readTree(record.value()).get("key").asString() : failure[1];
    return new Letter(join, place, failure[2]);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(
        record.headers().lastHeader("millrace." + name).value(), StandardCharsets.UTF_8);
  }
}
