package dev.millrace.testkit;

import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import java.time.Duration;

/**
 * A sink that takes everything and wants few commits, so that a task is open for long before its
 * first one.
 *
 * @param minCommitInterval how long it wants to be left alone
 */
record SeldomSink(Duration minCommitInterval) implements WriterSink<String> {

  @Override
  public String name() {
    return "seldom";
  }

  @Override
  public SinkWriter<String> open(SinkContext context) {
    return new IdleSinkWriter<>();
  }
}
