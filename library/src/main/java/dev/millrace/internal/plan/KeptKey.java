package dev.millrace.internal.plan;

import dev.millrace.function.KeyFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.table.Change;
import dev.millrace.window.WindowResult;

/** The key functions that take from a value the key that it was made for. */
public enum KeptKey implements KeyFunction<Object, Object>, Carrying {
  /**
   * The key of a table's row, of which both sides of a change are at hand. Only the new one goes to
   * the key's task ({@link Upserted}): what keeps the rows of a table has the old ones.
   */
  OF_REVISION {
    @Override
    public Object key(Object value) {
      return ((Revision) value).key();
    }

    @Override
    public Object carried(Object value) {
      return new Upserted<>(((Revision) value).after());
    }
  },
  /** The key of a table's change, as programs see it. */
  OF_CHANGE {
    @Override
    public Object key(Object value) {
      return ((Change<?, ?>) value).key();
    }
  },
  /** The key of a window's final result. */
  OF_WINDOW_RESULT {
    @Override
    public Object key(Object value) {
      return ((WindowResult<?, ?>) value).key();
    }
  },
  /** The key of a record of a table's topic. */
  OF_TOPIC_ROW {
    @Override
    public Object key(Object value) {
      return ((TopicRow) value).key();
    }
  },
  /**
   * The key of such a record where each is a version of its row. It is read from the source itself:
   * the table has one change for all records of a commit.
   */
  OF_TOPIC_VERSION {
    @Override
    public Object key(Object value) {
      return ((TopicRow) value).key();
    }

    @Override
    public Object carried(Object value) {
      return new Upserted<>(((TopicRow) value).value());
    }
  };

  @Override
  public Object carried(Object value) {
    return value;
  }
}
