package dev.millrace.internal.kafka;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The data that the group's leader, which places tasks, sends to a member in addition to its
 * partitions.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param departed transactional ids of members of the former generation that are gone
 * @param present transactional ids of the members of this generation, so that the next leader knows
 *     them; empty in groups too large for it
 */
record AssignmentData(SortedSet<String> departed, SortedSet<String> present) {

  private static final byte VERSION = 1;

  AssignmentData {
    departed = Collections.unmodifiableSortedSet(new TreeSet<>(departed));
    present = Collections.unmodifiableSortedSet(new TreeSet<>(present));
  }

  ByteBuffer encode() {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    out.writeByte(VERSION);
    write(out, departed);
    write(out, present);
    return ByteBuffer.wrap(out.toByteArray());
  }

  /**
   * {@return the decoded data; empty where the bytes are absent, foreign or of an unknown version}
   */
  static Optional<AssignmentData> decode(@Nullable ByteBuffer bytes) {
    return MemberData.readable(bytes, VERSION).flatMap(AssignmentData::read);
  }

  private static Optional<AssignmentData> read(ByteReader in) {
    try {
      SortedSet<String> departed = readIds(in);
      return Optional.of(new AssignmentData(departed, readIds(in)));
    } catch (MalformedBytesException e) {
      return Optional.empty();
    }
  }

  private static void write(ByteWriter out, SortedSet<String> ids) {
    out.writeVarint(ids.size());
    ids.forEach(out::writeString);
  }

  private static SortedSet<String> readIds(ByteReader in) {
    SortedSet<String> ids = new TreeSet<>();
    for (int left = in.readVarint(); left > 0; left--) {
      ids.add(in.readString());
    }
    return ids;
  }
}
