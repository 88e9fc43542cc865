package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import org.jspecify.annotations.Nullable;

/** Failures as a test has them that expects none: each one fails it, and nothing has an origin. */
public class NoFailures implements Failures {

  @Override
  public void giveUp(String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
    throw new AssertionError(cause);
  }

  @Override
  public void backOff(long millis) {}

  @Override
  public void countRetry() {}

  @Override
  public Origin origin() {
    return new Origin() {};
  }

  @Override
  public void resume(Origin origin) {}

  @Override
  public void atNoRecord() {}
}
