package dev.millrace.query;

import dev.millrace.error.ConfigurationException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;

/**
 * A place in a scan: a task, and the smallest key that a row of the next page can have. It stays
 * valid while tasks move from instance to instance.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class StateCursor {

  private static final byte[] BEGINNING = {};

  private final int task;
  private final byte[] rowKey;

  private StateCursor(int task, byte[] rowKey) {
    this.task = task;
    this.rowKey = rowKey;
  }

  /** {@return the beginning of a task} */
  public static StateCursor ofTask(int task) {
    return new StateCursor(task, BEGINNING);
  }

  /**
   * {@return a place in a task}
   *
   * @param rowKey the smallest key that is still to come, as it is stored
   */
  public static StateCursor at(int task, byte[] rowKey) {
    return new StateCursor(task, rowKey.clone());
  }

  /**
   * {@return the cursor with a {@linkplain #token token}}
   *
   * @throws ConfigurationException if it is none
   */
  public static StateCursor parse(String token) {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      throw unreadable(token);
    }
    if (bytes.length < Integer.BYTES) {
      throw unreadable(token);
    }
    int task = ByteBuffer.wrap(bytes).getInt();
    if (task < 0) {
      throw unreadable(token);
    }
    return new StateCursor(task, Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length));
  }

  private static ConfigurationException unreadable(String token) {
    return new ConfigurationException(
        "Cannot go on with a scan at '" + token + "': that is no cursor. Use that of a page");
  }

  /** {@return the task that the next page is of} */
  public int task() {
    return task;
  }

  /** {@return the smallest key that is still to come, as it is stored; empty at the beginning} */
  public byte[] rowKey() {
    return rowKey.clone();
  }

  /** {@return the cursor as text for addresses: letters, digits, hyphens and underscores} */
  public String token() {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + rowKey.length);
    bytes.putInt(task).put(rowKey);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StateCursor that
        && task == that.task
        && Arrays.equals(rowKey, that.rowKey);
  }

  @Override
  public int hashCode() {
    return 31 * task + Arrays.hashCode(rowKey);
  }

  @Override
  public String toString() {
    return token();
  }
}
