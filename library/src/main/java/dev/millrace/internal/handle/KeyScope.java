package dev.millrace.internal.handle;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The key and the times that a process function is called with, and the changes of the call so far,
 * so that they can be undone.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class KeyScope {

  /** In place of an event time that is not known: by it nothing has expired. */
  public static final long UNKNOWN = Long.MIN_VALUE;

  private static final byte[] NO_KEY = {};

  private record Change(Row<Object> row, @Nullable Object before) {}

  private final List<Change> changes = new ArrayList<>();
  private final ByteWriter prefix = new ByteWriter(64);

  private byte[] bytes = NO_KEY;
  private int offset;
  private int length;
  private int hash;
  private boolean open;
  private long eventTimeMs;
  private long clockMs;

  /**
   * Begins a call.
   *
   * @param keyHash murmur2 of the key
   * @param eventMs the event time of the call, or {@link #UNKNOWN}
   */
  public void enter(
      byte[] keyBytes, int keyOffset, int keyLength, int keyHash, long eventMs, long wallMs) {
    bytes = keyBytes;
    offset = keyOffset;
    length = keyLength;
    hash = keyHash;
    eventTimeMs = eventMs;
    clockMs = wallMs;
    open = true;
    prefix.clear();
  }

  /** Ends a call; until the next there is no key. */
  public void leave() {
    open = false;
    bytes = NO_KEY;
    changes.clear();
  }

  /** Undoes all changes since the call began. */
  public void undo() {
    for (int i = changes.size() - 1; i >= 0; i--) {
      Change change = changes.get(i);
      Object before = change.before();
      if (before == null) {
        change.row().delete();
      } else {
        change.row().set(before);
      }
    }
    changes.clear();
  }

  /** Sets a row; the value must not be changed any more. */
  public void set(Row<Object> row, Object value) {
    changes.add(new Change(row, row.value()));
    row.set(value);
  }

  /** Deletes a row. */
  public void delete(Row<Object> row) {
    changes.add(new Change(row, row.value()));
    row.delete();
  }

  /** {@return the array with the key} */
  public byte[] bytes() {
    return bytes;
  }

  /** {@return where the key starts} */
  public int offset() {
    return offset;
  }

  /** {@return how long the key is} */
  public int length() {
    return length;
  }

  int hash() {
    return hash;
  }

  /** {@return the time that decides what has expired, or {@link #UNKNOWN}} */
  long now(TimeDomain domain) {
    return domain == TimeDomain.EVENT ? eventTimeMs : clockMs;
  }

  /** {@return the time that a new row lives from: by the clock, as long as no other is known} */
  long since(TimeDomain domain) {
    long nowMs = now(domain);
    return nowMs == UNKNOWN ? clockMs : nowMs;
  }

  /** {@return the key's length, then the key: no such prefix is a prefix of another key's} */
  ByteWriter prefix() {
    if (prefix.size() == 0) {
      prefix.writeVarint(length);
      prefix.writeBytes(bytes, offset, length);
    }
    return prefix;
  }

  void requireOpen(String name) {
    if (!open) {
      throw new IllegalStateException(
          "Cannot use state '"
              + name
              + "': it belongs to the key of a call, and there is none now. Use it in onRecord and"
              + " onTimer only");
    }
  }
}
