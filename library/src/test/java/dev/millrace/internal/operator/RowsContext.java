package dev.millrace.internal.operator;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.state.RowStore;
import java.util.function.UnaryOperator;

/** The part of a task that is the same however a test runs an operator over its rows. */
public abstract class RowsContext implements OperatorContext {

  private final OperatorRows rows;
  private final KeyCodec<Object> keys;

  protected RowsContext(OperatorRows rows, KeyCodec<Object> keys) {
    this.rows = rows;
    this.keys = keys;
  }

  @Override
  public final RowStore<Object> rows(String suffix) {
    return rows.of(suffix);
  }

  @Override
  public final KeyCodec<Object> keys() {
    return keys;
  }

  @Override
  public final UnaryOperator<Object> copying(String suffix) {
    return rows.copying(suffix);
  }

  @Override
  public Caution caution() {
    return new Caution();
  }

  @Override
  public long cacheBytes() {
    return 1 << 20;
  }

  @Override
  public int largestKeyBytes() {
    return 1_000;
  }
}
