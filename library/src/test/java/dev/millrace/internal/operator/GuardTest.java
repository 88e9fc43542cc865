package dev.millrace.internal.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.util.MalformedBytesException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which failures are those of a record, at its first attempt and at a later one. */
final class GuardTest {

  private final List<Exception> dropped = new ArrayList<>();
  private final Guard guard =
      new Guard("step", ErrorPolicy.skip().retries(2, Duration.ZERO), new Dropping(dropped));

  private record Dropping(List<Exception> causes) implements Failures {
    @Override
    public void backOff(long millis) {}

    @Override
    public void giveUp(
        String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
      causes.add(cause);
    }

    @Override
    public void countRetry() {}

    @Override
    public Origin origin() {
      throw new AssertionError();
    }

    @Override
    public void resume(Origin origin) {}

    @Override
    public void atNoRecord() {}
  }

  static List<RuntimeException> failuresOfTheJob() {
    return List.of(
        new StateStoreException("disk"),
        new IncompatibleJobException("schema"),
        new MalformedBytesException("bytes"),
        new InDoubtException(new IllegalStateException()));
  }

  @ParameterizedTest
  @MethodSource("failuresOfTheJob")
  void noAttemptPassesOverAFailureOfTheJob(RuntimeException failure) {
    assertThatThrownBy(() -> guard.recover("record", failure, () -> "later")).isSameAs(failure);
    assertThatThrownBy(
            () ->
                guard.recover(
                    "record",
                    new IllegalStateException("first"),
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(dropped).isEmpty();
  }

  static List<RuntimeException> failuresOfNoRecord() {
    return failuresOfTheJob().stream()
        .filter(each -> !(each instanceof MalformedBytesException))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("failuresOfNoRecord")
  void aFailureOfTheJobIsFoundInAnExceptionOfTheUsers(RuntimeException failure) {
    Exception wrapped = new IllegalStateException("lookup", new IOException(failure));
    assertThatThrownBy(() -> guard.recover("record", wrapped, () -> "later")).isSameAs(failure);
    assertThatThrownBy(
            () ->
                guard.recover(
                    "record",
                    new IllegalStateException("first"),
                    () -> {
                      throw wrapped;
                    }))
        .isSameAs(failure);
    assertThatThrownBy(() -> guard.recoverUndecoded(wrapped, () -> "later")).isSameAs(failure);
    assertThat(dropped).isEmpty();
  }

  @Test
  void causesMayLeadInACircle() {
    Exception one = new IllegalStateException("one");
    Exception other = new IllegalStateException("other", one);
    one.initCause(other);
    assertThat(guard.recover("record", one, () -> "later")).isEqualTo("later");
  }

  @Test
  void bytesOfAUserThatCannotBeDecodedAreTheRecordsFault() {
    MalformedBytesException malformed = new MalformedBytesException("no JSON");
    assertThat(
            guard.<String>recoverUndecoded(
                malformed,
                () -> {
                  throw malformed;
                }))
        .isNull();
    assertThat(dropped).containsExactly(malformed);
    StateStoreException state = new StateStoreException("disk");
    assertThatThrownBy(() -> guard.recoverUndecoded(state, () -> "later")).isSameAs(state);
  }

  @Test
  void codeMayThrowTheSameExceptionEachTime() {
    IllegalStateException same = new IllegalStateException();
    assertThat(
            guard.<String>recover(
                "record",
                same,
                () -> {
                  throw same;
                }))
        .isNull();
    assertThat(dropped).containsExactly(same);
  }

  @Test
  void aLaterAttemptMaySucceed() {
    assertThat(guard.recover("record", new IllegalStateException("first"), () -> "later"))
        .isEqualTo("later");
    assertThat(dropped).isEmpty();
  }
}
