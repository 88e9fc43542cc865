package dev.millrace.internal.codec;

import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.codec.object.Utf8;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The types without parts, each with its tag in schemas and its bytes. Tags and bytes are for ever;
 * the table is in the package's documentation.
 *
 * <p><b>Threads.</b> Immutable.
 */
enum ScalarKind {
  BOOLEAN(
      1,
      new Prefixed(
          (v, bias, out) -> out.writeByte(((boolean) v ? 1 : 0) + bias),
          (prefix, in) -> Primitives.toBoolean(prefix))),
  BYTE(2, new Fixed((v, out) -> out.writeByte((byte) v), in -> in.readByte())),
  SHORT(3, new Fixed((v, out) -> out.writeZigzag((short) v), Primitives::readShort)),
  CHAR(4, new Fixed((v, out) -> out.writeVarint((char) v), Primitives::readChar)),
  INT(5, new Fixed((v, out) -> out.writeZigzag((int) v), Primitives::readInt)),
  LONG(6, new Fixed((v, out) -> out.writeZigzag((long) v), ByteReader::readZigzag)),
  FLOAT(7, new Fixed((v, out) -> Primitives.writeFloat((float) v, out), Primitives::readFloat)),
  DOUBLE(8, new Fixed((v, out) -> out.writeDouble((double) v), ByteReader::readDouble)),
  STRING(
      9,
      new Prefixed(
          (v, bias, out) -> Utf8.writeSized((String) v, bias, out),
          (prefix, in) -> Utf8.text(in.array(), in.skip(prefix), prefix))),
  BYTES(
      10,
      new Prefixed(
          (v, bias, out) -> writeSized((byte[]) v, bias, out),
          (prefix, in) -> in.readBytes(prefix))),
  BIG_INTEGER(
      11,
      new Prefixed(
          (v, bias, out) -> writeSized(((BigInteger) v).toByteArray(), bias, out),
          (prefix, in) -> readBigInteger(prefix, in))),
  BIG_DECIMAL(
      12,
      new Prefixed(
          (v, bias, out) -> {
            BigDecimal decimal = (BigDecimal) v;
            writeSized(decimal.unscaledValue().toByteArray(), bias, out);
            out.writeZigzag(decimal.scale());
          },
          (prefix, in) -> new BigDecimal(readBigInteger(prefix, in), Primitives.readInt(in)))),
  UUID(
      13,
      new Fixed(
          (v, out) -> {
            out.writeLong(((UUID) v).getMostSignificantBits());
            out.writeLong(((UUID) v).getLeastSignificantBits());
          },
          in -> new UUID(in.readLong(), in.readLong()))),
  INSTANT(
      14,
      new Fixed(
          (v, out) -> {
            Instant instant = (Instant) v;
            out.writeZigzag(instant.getEpochSecond());
            out.writeVarint(instant.getNano());
          },
          in -> Instant.ofEpochSecond(in.readZigzag(), nanos(in)))),
  DURATION(
      15,
      new Fixed(
          (v, out) -> {
            Duration duration = (Duration) v;
            out.writeZigzag(duration.toSeconds());
            out.writeVarint(duration.toNanosPart());
          },
          in -> Duration.ofSeconds(in.readZigzag(), nanos(in)))),
  LOCAL_DATE(
      16,
      new Fixed(
          (v, out) -> out.writeZigzag(((LocalDate) v).toEpochDay()),
          in -> LocalDate.ofEpochDay(in.readZigzag()))),
  LOCAL_TIME(
      17,
      new Fixed(
          (v, out) -> out.writeVarlong(((LocalTime) v).toNanoOfDay()),
          in -> LocalTime.ofNanoOfDay(in.readVarlong()))),
  LOCAL_DATE_TIME(
      18, new Fixed((v, out) -> writeDateTime((LocalDateTime) v, out), in -> readDateTime(in))),
  OFFSET_DATE_TIME(
      19,
      new Fixed(
          (v, out) -> {
            writeDateTime(((OffsetDateTime) v).toLocalDateTime(), out);
            out.writeZigzag(((OffsetDateTime) v).getOffset().getTotalSeconds());
          },
          in -> OffsetDateTime.of(readDateTime(in), readOffset(in)))),
  ZONED_DATE_TIME(
      20,
      new Fixed(
          (v, out) -> {
            ZonedDateTime time = (ZonedDateTime) v;
            writeDateTime(time.toLocalDateTime(), out);
            out.writeZigzag(time.getOffset().getTotalSeconds());
            Utf8.writeSized(time.getZone().getId(), 0, out);
          },
          // By instant, since a zone's rules may have changed since it was written.
          in ->
              ZonedDateTime.ofInstant(
                  readDateTime(in), readOffset(in), ZoneId.of(in.readString())))),
  /**
   * A value in JSON text of which nothing is known, for example since its type writes it itself. It
   * is never outside of such a text, so it has no bytes.
   */
  ANY(31, null);

  private static final Map<Class<?>, ScalarKind> BY_CLASS = new HashMap<>();
  private static final @Nullable ScalarKind[] BY_TAG = new ScalarKind[32];

  static {
    for (ScalarKind kind : values()) {
      BY_TAG[kind.tag] = kind;
    }
    Map<ScalarKind, Class<?>> classes =
        Map.ofEntries(
            Map.entry(BOOLEAN, Boolean.class),
            Map.entry(BYTE, Byte.class),
            Map.entry(SHORT, Short.class),
            Map.entry(CHAR, Character.class),
            Map.entry(INT, Integer.class),
            Map.entry(LONG, Long.class),
            Map.entry(FLOAT, Float.class),
            Map.entry(DOUBLE, Double.class),
            Map.entry(STRING, String.class),
            Map.entry(BYTES, byte[].class),
            Map.entry(BIG_INTEGER, BigInteger.class),
            Map.entry(BIG_DECIMAL, BigDecimal.class),
            Map.entry(UUID, UUID.class),
            Map.entry(INSTANT, Instant.class),
            Map.entry(DURATION, Duration.class),
            Map.entry(LOCAL_DATE, LocalDate.class),
            Map.entry(LOCAL_TIME, LocalTime.class),
            Map.entry(LOCAL_DATE_TIME, LocalDateTime.class),
            Map.entry(OFFSET_DATE_TIME, OffsetDateTime.class),
            Map.entry(ZONED_DATE_TIME, ZonedDateTime.class));
    classes.forEach((kind, type) -> BY_CLASS.put(type, kind));
  }

  final int tag;

  @SuppressWarnings("ImmutableEnumChecker") // coders are functions without state
  private final @Nullable Coder coder;

  ScalarKind(int tag, @Nullable Coder coder) {
    this.tag = tag;
    this.coder = coder;
  }

  /** {@return the kind of a class (primitives as their wrappers), or null} */
  static @Nullable ScalarKind of(Class<?> boxed) {
    return BY_CLASS.get(boxed);
  }

  static @Nullable ScalarKind ofTag(int tag) {
    return tag >= 0 && tag < BY_TAG.length ? BY_TAG[tag] : null;
  }

  Encoder encoder() {
    return coder();
  }

  Decoder decoder() {
    return coder();
  }

  private Coder coder() {
    if (coder == null) {
      throw new IllegalStateException(this + " has no coder of its own");
    }
    return coder;
  }

  private static void writeSized(byte[] bytes, int bias, ByteWriter out) {
    out.writeVarint(bytes.length + bias);
    out.writeBytes(bytes);
  }

  private static BigInteger readBigInteger(int length, ByteReader in) {
    if (length == 0) {
      throw new MalformedBytesException("Cannot read a number: it has no digits");
    }
    return new BigInteger(in.array(), in.skip(length), length);
  }

  private static int nanos(ByteReader in) {
    int nanos = in.readVarint();
    if (nanos < 0 || nanos > 999_999_999) {
      throw new MalformedBytesException("Cannot read a time: " + nanos + " nanoseconds");
    }
    return nanos;
  }

  private static void writeDateTime(LocalDateTime value, ByteWriter out) {
    out.writeZigzag(value.toLocalDate().toEpochDay());
    out.writeVarlong(value.toLocalTime().toNanoOfDay());
  }

  private static LocalDateTime readDateTime(ByteReader in) {
    return LocalDateTime.of(
        LocalDate.ofEpochDay(in.readZigzag()), LocalTime.ofNanoOfDay(in.readVarlong()));
  }

  private static ZoneOffset readOffset(ByteReader in) {
    return ZoneOffset.ofTotalSeconds(Primitives.readInt(in));
  }

  private sealed interface Coder extends Encoder, Decoder {}

  private record Fixed(FixedWrite writer, FixedRead reader) implements Coder {

    interface FixedWrite {
      void write(Object value, ByteWriter out);
    }

    interface FixedRead {
      Object read(ByteReader in);
    }

    @Override
    public void write(Object value, ByteWriter out) {
      writer.write(value, out);
    }

    @Override
    public Object read(ByteReader in) {
      return reader.read(in);
    }
  }

  private record Prefixed(PrefixedWrite writer, PrefixedRead reader)
      implements Coder, PrefixedEncoder, PrefixedDecoder {

    interface PrefixedWrite {
      void write(Object value, int bias, ByteWriter out);
    }

    interface PrefixedRead {
      Object read(int prefix, ByteReader in);
    }

    @Override
    public void write(Object value, int bias, ByteWriter out) {
      writer.write(value, bias, out);
    }

    @Override
    public Object read(int prefix, ByteReader in) {
      return reader.read(prefix, in);
    }
  }
}
