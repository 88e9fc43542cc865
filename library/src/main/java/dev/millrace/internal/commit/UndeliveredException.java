package dev.millrace.internal.commit;

import dev.millrace.error.MillraceException;

/** A failure to deliver a record to its topic, so that its transaction cannot commit. */
public final class UndeliveredException extends MillraceException {

  private static final long serialVersionUID = 1L;

  private final String topic;

  /** Creates the exception around what the client reported. */
  public UndeliveredException(String topic, Exception cause) {
    super("Cannot write to topic " + topic + ": " + cause.getMessage(), cause);
    this.topic = topic;
  }

  /** {@return the topic} */
  public String topic() {
    return topic;
  }
}
