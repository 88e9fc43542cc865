package dev.millrace.runner.host;

import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import java.util.OptionalInt;
import java.util.function.Predicate;

/** The topics of a cluster, of which a few records are read. */
interface ReadTopics {

  /** {@return the number of partitions; empty if there is no such topic} */
  OptionalInt partitions(String topic);

  /** Reads records until the reader has had enough. */
  void peek(String topic, PeekRequest request, Predicate<PeekedRecord> reader);
}
