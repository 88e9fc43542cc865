package dev.millrace.internal.task;

import dev.millrace.connector.SinkContext;
import dev.millrace.internal.connector.AnyJson;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.PreparedOutput;

/** The context of a sink's writer in its task. */
record TaskSinkContext(TaskChain.Parts parts, String sink) implements SinkContext {

  @Override
  public String job() {
    return parts.setup().plan().job();
  }

  @Override
  public String jobId() {
    return parts.setup().jobUuid().toString();
  }

  @Override
  public String stage() {
    return parts.setup().stage().name();
  }

  @Override
  public int task() {
    return parts.partition();
  }

  @Override
  public long ownerEpoch() {
    return parts.progress().ownerEpoch();
  }

  @Override
  public int resetEpoch() {
    return parts.setup().resetEpoch();
  }

  @Override
  public byte[] committedState() {
    CommitFrame frame = parts.lastFrame();
    return frame == null
        ? new byte[0]
        : frame.preparedOutputs().stream()
            .filter(output -> output.sink().equals(sink))
            .map(PreparedOutput::state)
            .findFirst()
            .orElse(new byte[0]);
  }

  @Override
  public long clockMs() {
    return parts.clock().wallMs();
  }

  @Override
  public byte[] toJson(Object value) {
    return AnyJson.encode(value);
  }
}
