package dev.millrace.internal.handle;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A value per key: the row's key is the key.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DeclaredValue<V> extends Handle implements ValueState<V> {

  private final Type type;
  private @Nullable RowStore<Object> rows;
  private UnaryOperator<Object> copying = value -> value;

  DeclaredValue(Declarations declarations, String name, Type type) {
    super(declarations, name);
    this.type = type;
  }

  @Override
  HandleSpec spec() {
    return new HandleSpec(name(), HandleSpec.Kind.VALUE, type, Optional.empty(), timeToLive());
  }

  @Override
  void bound(Binding to) {
    rows = to.rows(name());
    copying = to.copying(name());
  }

  @Override
  RowStore<Object> expiringRows() {
    return onceBound(rows);
  }

  @Override
  void expired(Row<Object> row) {
    row.delete();
  }

  private Row<Object> row() {
    KeyScope scope = scope();
    return expiringRows().row(scope.bytes(), scope.offset(), scope.length(), scope.hash());
  }

  @Override
  @SuppressWarnings("unchecked") // only V are set
  public @Nullable V value() {
    Object value = alive(row());
    return value == null ? null : (V) copied(copying, value);
  }

  @Override
  public void set(V value) {
    store(row(), copied(copying, checked(name(), value)));
  }

  @Override
  public void clear() {
    drop(row());
  }

  @Override
  public ValueState<V> expireAfter(Duration time) {
    live(time, Optional.empty());
    return this;
  }

  @Override
  public ValueState<V> expireAfter(Duration time, TimeDomain domain) {
    live(time, Optional.of(domain));
    return this;
  }
}
