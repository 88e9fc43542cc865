package dev.millrace.runner.doctor;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The versions of brokers, by the highest level of {@code metadata.version} that they know: no
 * request asks a broker for its version itself.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class KafkaVersions {

  static final int FIRST_OF_4_0 = 22;

  /** The first level of the brokers that may lose markers of transactions (KAFKA-20734). */
  static final int FIRST_WITH_LOST_MARKERS = 30;

  private static final int FIRST_UNKNOWN = 34;

  private static final NavigableMap<Integer, String> FIRST_LEVELS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(1, "3.2 or older"),
              Map.entry(4, "3.3"),
              Map.entry(8, "3.4"),
              Map.entry(9, "3.5"),
              Map.entry(12, "3.6"),
              Map.entry(15, "3.7"),
              Map.entry(20, "3.8"),
              Map.entry(21, "3.9"),
              Map.entry(FIRST_OF_4_0, "4.0"),
              Map.entry(26, "4.1"),
              Map.entry(28, "4.2"),
              Map.entry(FIRST_WITH_LOST_MARKERS, "4.3"),
              Map.entry(31, "4.4"),
              Map.entry(FIRST_UNKNOWN, "4.5 or later")));

  private KafkaVersions() {}

  /** {@return the version, such as {@code 4.2}} */
  static String of(int level) {
    Map.Entry<Integer, String> known = FIRST_LEVELS.floorEntry(level);
    return known == null ? "3.2 or older" : known.getValue();
  }
}
