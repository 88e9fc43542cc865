package dev.millrace.connector;

import dev.millrace.internal.connector.AnyJson;
import dev.millrace.internal.util.Clock;

/** What the engine would tell a sink's writer. */
record FakeSinkContext(
    int task, long ownerEpoch, int resetEpoch, byte[] committedState, Clock clock)
    implements SinkContext {

  FakeSinkContext(long ownerEpoch, byte[] committedState, Clock clock) {
    this(3, ownerEpoch, 0, committedState, clock);
  }

  @Override
  public String job() {
    return "wordcount";
  }

  @Override
  public String jobId() {
    return "5cf3f4a2-8a5e-4c7b-9d54-0a4f9f2b7f01";
  }

  @Override
  public String stage() {
    return "words-sum";
  }

  @Override
  public String sink() {
    return "file";
  }

  @Override
  public long clockMs() {
    return clock.wallMs();
  }

  @Override
  public byte[] toJson(Object value) {
    return AnyJson.encode(value);
  }
}
