package dev.millrace.internal.handle;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.handle.HandleSpec.TimeToLive;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.Saturating;
import dev.millrace.time.TimeDomain;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The common part of all kinds of state: a name, a time-to-live, and rows once they are bound.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
abstract class Handle {

  private final Declarations declarations;
  private final String name;
  private final byte[] nameBytes;
  private @Nullable TimeToLive timeToLive;
  private @Nullable Binding binding;
  private long liveMs;
  private @Nullable TimeDomain domain;

  Handle(Declarations declarations, String name) {
    this.declarations = declarations;
    this.name = name;
    this.nameBytes = name.getBytes(StandardCharsets.UTF_8);
  }

  /** The part of a task that a handle is bound to. */
  interface Binding {

    /** {@return the rows of a store} */
    RowStore<Object> rows(String suffix);

    /** {@return the function that copies a store's values, if they can be changed} */
    UnaryOperator<Object> copying(String suffix);

    /** {@return the key and the times of the present call} */
    KeyScope scope();

    /** {@return the index of rows with a time-to-live} */
    ExpiryIndex expiries();

    /** {@return the time domain of a time-to-live for which the program chose none} */
    TimeDomain defaultDomain();
  }

  abstract HandleSpec spec();

  abstract void bound(Binding to);

  /** {@return the rows that carry the time-to-live} */
  abstract RowStore<Object> expiringRows();

  /** Deletes an expired row and all that belongs to it. */
  abstract void expired(Row<Object> row);

  final void bind(Binding to) {
    binding = to;
    TimeToLive ttl = timeToLive;
    if (ttl != null) {
      liveMs = ttl.time().toMillis();
      domain = ttl.domain().orElse(to.defaultDomain());
    }
    bound(to);
  }

  final String name() {
    return name;
  }

  final byte[] nameBytes() {
    return nameBytes;
  }

  final Optional<TimeToLive> timeToLive() {
    return Optional.ofNullable(timeToLive);
  }

  final void live(Duration time, Optional<TimeDomain> in) {
    declarations.requireOpen(name);
    if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(Duration.ofDays(365_000)) > 0) {
      throw new ConfigurationException(
          "Cannot let state '"
              + name
              + "' expire: the time must be a millisecond or more, and less than a thousand years ("
              + time
              + ")");
    }
    timeToLive = new TimeToLive(time, in);
  }

  /** {@return the scope of the present call} */
  final KeyScope scope() {
    Binding to = binding;
    if (to == null) {
      throw new IllegalStateException(
          "Cannot use state '" + name + "': the function is not part of a running task");
    }
    to.scope().requireOpen(name);
    return to.scope();
  }

  /** {@return the value in a row, or null if there is none or it has expired} */
  final @Nullable Object alive(Row<Object> row) {
    Object stored = row.value();
    if (stored instanceof Expiring<?> expiring) {
      return scope().now(domain()) < expiring.expiresAtMs() ? expiring.value() : null;
    }
    return stored;
  }

  /** {@return a copy of a value of rows that carry the time-to-live} */
  final Object copied(UnaryOperator<Object> copying, Object value) {
    return liveMs == 0
        ? copying.apply(value)
        : ((Expiring<?>) copying.apply(new Expiring<>(0, 0, value))).value();
  }

  /** Sets the value of a row and gives it its time-to-live anew. */
  final void store(Row<Object> row, Object value) {
    KeyScope scope = scope();
    if (liveMs == 0) {
      scope.set(row, value);
      return;
    }
    if (row.value() instanceof Expiring<?> before) {
      // A record older than the last one does not shorten the row's life.
      long longer = Saturating.add(scope.now(domain()), liveMs);
      scope.set(
          row, new Expiring<>(Math.max(longer, before.expiresAtMs()), before.indexedAtMs(), value));
    } else {
      long expiresAt = Saturating.add(scope.since(domain()), liveMs);
      scope.set(row, new Expiring<>(expiresAt, expiresAt, value));
      expiries().add(this, domain(), expiresAt, row);
    }
  }

  /** Deletes a row and its place in the index. */
  final void drop(Row<Object> row) {
    if (row.value() instanceof Expiring<?> expiring) {
      expiries().remove(this, domain(), expiring.indexedAtMs(), row);
    }
    if (row.exists()) {
      scope().delete(row);
    }
  }

  private ExpiryIndex expiries() {
    return onceBound(binding).expiries();
  }

  /** {@return what is there once the handle is bound} */
  final <T> T onceBound(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("State '" + name + "' is not bound");
    }
    return part;
  }

  /** {@return the time that its rows live by, if they have a time-to-live} */
  final TimeDomain domain() {
    TimeDomain known = domain;
    if (known == null) {
      throw new IllegalStateException("State '" + name + "' has rows with a time-to-live of old");
    }
    return known;
  }

  static Object checked(String name, @Nullable Object value) {
    if (value == null) {
      throw new NullPointerException(
          "Cannot keep null in state '" + name + "'. Remove the value instead");
    }
    return value;
  }
}
