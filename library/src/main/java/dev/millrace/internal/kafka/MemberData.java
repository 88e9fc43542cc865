package dev.millrace.internal.kafka;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The data that a member of a stage's group sends to the group's leader, which places tasks.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param instanceId the instance the member belongs to; members of one instance share local state
 * @param transactionalId the member's transactional id, empty under at-least-once
 * @param heldTasks the tasks whose state is held locally, each with the sequence of the last
 *     transaction in it
 */
public record MemberData(
    String instanceId, String transactionalId, SortedMap<Integer, Long> heldTasks) {

  private static final byte VERSION = 1;

  /** Copies the map. */
  public MemberData {
    heldTasks = Collections.unmodifiableSortedMap(new TreeMap<>(heldTasks));
  }

  /** {@return the data of a member that holds the given tasks} */
  public static MemberData of(
      String instanceId, String transactionalId, Map<Integer, Long> heldTasks) {
    return new MemberData(instanceId, transactionalId, new TreeMap<>(heldTasks));
  }

  /** {@return the bytes for the group's coordinator} */
  ByteBuffer encode() {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    out.writeByte(VERSION);
    out.writeString(instanceId);
    out.writeString(transactionalId);
    out.writeVarint(heldTasks.size());
    heldTasks.forEach(
        (task, sequence) -> {
          out.writeVarint(task);
          out.writeZigzag(sequence);
        });
    return ByteBuffer.wrap(out.toByteArray());
  }

  /**
   * {@return the decoded data; empty where the bytes are absent, foreign or of an unknown version}
   */
  static Optional<MemberData> decode(@Nullable ByteBuffer bytes) {
    Optional<ByteReader> reader = readable(bytes, VERSION);
    if (reader.isEmpty()) {
      return Optional.empty();
    }
    ByteReader in = reader.get();
    try {
      String instance = in.readString();
      String transactional = in.readString();
      SortedMap<Integer, Long> held = new TreeMap<>();
      for (int left = in.readVarint(); left > 0; left--) {
        int task = in.readVarint();
        held.put(task, in.readZigzag());
      }
      return Optional.of(new MemberData(instance, transactional, held));
    } catch (MalformedBytesException e) {
      return Optional.empty();
    }
  }

  /**
   * {@return a reader positioned after the header, if a reader of {@code version} can read these
   * bytes}
   */
  static Optional<ByteReader> readable(@Nullable ByteBuffer bytes, int version) {
    if (bytes == null || bytes.remaining() < 2) {
      return Optional.empty();
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    ByteReader in = new ByteReader(copy);
    int writer = in.readByte();
    int readableBy = in.readByte();
    boolean known = writer >= 1 && readableBy >= 1 && readableBy <= version;
    return known ? Optional.of(in) : Optional.empty();
  }
}
