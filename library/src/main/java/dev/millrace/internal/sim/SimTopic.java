package dev.millrace.internal.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;

/**
 * A topic: its identity, settings and logs.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimTopic {

  private static final int MAX_MESSAGE_BYTES = 1_048_588;

  private final String name;
  private final Uuid id;
  private final Map<String, String> settings;
  private final List<SimLog> logs = new ArrayList<>();

  SimTopic(String name, Uuid id, int partitions, Map<String, String> settings) {
    this.name = name;
    this.id = id;
    this.settings = new TreeMap<>(settings);
    grow(partitions);
  }

  void grow(int partitions) {
    while (logs.size() < partitions) {
      logs.add(new SimLog(new TopicPartition(name, logs.size())));
    }
  }

  String name() {
    return name;
  }

  Uuid id() {
    return id;
  }

  Map<String, String> settings() {
    return settings;
  }

  List<SimLog> logs() {
    return logs;
  }

  TimestampType timestampType() {
    return "LogAppendTime".equals(settings.get(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG))
        ? TimestampType.LOG_APPEND_TIME
        : TimestampType.CREATE_TIME;
  }

  int maxMessageBytes() {
    String own = settings.get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
    return own == null ? MAX_MESSAGE_BYTES : Integer.parseInt(own);
  }
}
