package dev.millrace.internal.codec.key;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.codec.object.RecordAccess;
import dev.millrace.internal.codec.object.StoredRefusal;
import dev.millrace.internal.codec.object.Utf8;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The codecs of key types. Text and byte arrays that are a whole key are written as they are,
 * without an end, so that they equal what Kafka's own serializers write; within a record they are
 * {@link EscapedBytes}.
 *
 * <p>Text is ordered by code points, enums by name, UUIDs as two signed halves (as {@link
 * UUID#compareTo} has it), records by their components in order.
 *
 * <p><b>Threads.</b> Stateless. Making a codec costs milliseconds, so callers keep it.
 */
public final class KeyCodecs {

  private static final Map<Class<?>, KeyPart> SCALARS =
      Map.ofEntries(
          Map.entry(String.class, new TextPart()),
          Map.entry(byte[].class, new BytesPart()),
          Map.entry(
              Boolean.class,
              part(
                  (key, out) -> out.writeByte((boolean) key ? 1 : 0),
                  in -> Primitives.toBoolean(in.readByte()))),
          Map.entry(
              Byte.class,
              part(
                  (key, out) -> out.writeByte((byte) key ^ 0x80),
                  in -> (byte) (in.readByte() ^ 0x80))),
          Map.entry(
              Short.class,
              part(
                  (key, out) -> out.writeShort((short) key ^ 0x8000),
                  in -> (short) (in.readShort() ^ 0x8000))),
          Map.entry(
              Integer.class,
              part(
                  (key, out) -> out.writeInt((int) key ^ Integer.MIN_VALUE),
                  in -> in.readInt() ^ Integer.MIN_VALUE)),
          Map.entry(
              Long.class, part((key, out) -> writeSigned((long) key, out), in -> readSigned(in))),
          Map.entry(
              UUID.class,
              part(
                  (key, out) -> {
                    writeSigned(((UUID) key).getMostSignificantBits(), out);
                    writeSigned(((UUID) key).getLeastSignificantBits(), out);
                  },
                  in -> new UUID(readSigned(in), readSigned(in)))),
          Map.entry(
              Instant.class,
              part(
                  (key, out) -> {
                    Instant instant = (Instant) key;
                    writeSigned(instant.getEpochSecond(), out);
                    out.writeInt(instant.getNano());
                  },
                  in -> readInstant(in))),
          Map.entry(
              LocalDate.class,
              part(
                  (key, out) -> {
                    LocalDate date = (LocalDate) key;
                    out.writeInt(date.getYear() ^ Integer.MIN_VALUE);
                    out.writeByte(date.getMonthValue());
                    out.writeByte(date.getDayOfMonth());
                  },
                  in ->
                      LocalDate.of(
                          in.readInt() ^ Integer.MIN_VALUE, in.readByte(), in.readByte()))));

  private KeyCodecs() {}

  /**
   * {@return the codec of a key type}
   *
   * @throws TypeInferenceException if the type cannot be a key
   */
  public static KeyCodec<?> forType(Type type) {
    return codec(type);
  }

  /** {@return the codec of a class without type parameters; see {@link #forType}} */
  public static <K> KeyCodec<K> forClass(Class<K> type) {
    return codec(type);
  }

  @SuppressWarnings("unchecked") // the part is looked up by K's own class
  private static <K> KeyCodec<K> codec(Type type) {
    Type canonical = Types.box(Types.canonical(type));
    if (canonical == String.class) {
      return (KeyCodec<K>) new TextKey();
    } else if (canonical == byte[].class) {
      return (KeyCodec<K>) new BytesKey();
    }
    return new PartKey<>(canonical, part(canonical, Types.name(canonical), new HashSet<>()));
  }

  private static KeyPart part(Type type, String path, Set<Type> open) {
    Class<?> raw = Types.raw(type);
    KeyPart scalar = SCALARS.get(raw);
    if (scalar != null) {
      return scalar;
    } else if (Types.hasVariables(type)) {
      throw refused(path, Types.name(type) + " has type arguments that are unknown here");
    } else if (raw.isEnum()) {
      return EnumPart.of(raw);
    } else if (!raw.isRecord()) {
      throw refused(path, Types.name(type) + " has no order-preserving bytes");
    } else if (!open.add(type)) {
      throw refused(path, "it contains itself");
    }
    Map<TypeVariable<?>, Type> arguments = Types.arguments(type);
    RecordComponent[] components = raw.getRecordComponents();
    KeyPart[] parts = new KeyPart[components.length];
    for (int i = 0; i < parts.length; i++) {
      Type resolved = Types.substitute(components[i].getGenericType(), arguments);
      parts[i] = part(Types.box(resolved), path + "." + components[i].getName(), open);
    }
    open.remove(type);
    return RecordPart.of(RecordAccess.of(raw), parts);
  }

  private static TypeInferenceException refused(String path, String reason) {
    return new TypeInferenceException(
        "Cannot use "
            + path
            + " as a key: "
            + reason
            + ". Use String, boolean, byte, short, int, long, UUID, Instant, LocalDate, an enum,"
            + " byte[] or a record of those");
  }

  private static void writeSigned(long value, ByteWriter out) {
    out.writeLong(value ^ Long.MIN_VALUE);
  }

  private static long readSigned(ByteReader in) {
    return in.readLong() ^ Long.MIN_VALUE;
  }

  private static Instant readInstant(ByteReader in) {
    long seconds = readSigned(in);
    int nanos = in.readInt();
    if (nanos < 0 || nanos > 999_999_999) {
      throw new MalformedBytesException("Cannot read a key: an instant has " + nanos + " ns");
    }
    return Instant.ofEpochSecond(seconds, nanos);
  }

  /** Unpaired surrogates would all become one question mark: different keys, equal bytes. */
  private static void checkText(String text, byte[] utf8) {
    for (int i = 0; i < utf8.length; i++) {
      if (utf8[i] == '?' && Utf8.hasHalf(text)) {
        throw new IllegalArgumentException(
            "Cannot encode a key: its text has half of a surrogate pair. Clean the text up first");
      }
    }
  }

  private interface Write {
    void write(Object key, ByteWriter out);
  }

  private interface Read {
    Object read(ByteReader in);
  }

  private record ScalarPart(Write writer, Read reader) implements KeyPart {
    @Override
    public void write(Object key, ByteWriter out) {
      writer.write(key, out);
    }

    @Override
    public Object read(ByteReader in) {
      return reader.read(in);
    }
  }

  private static KeyPart part(Write writer, Read reader) {
    return new ScalarPart(writer, reader);
  }

  private record TextPart() implements KeyPart {
    @Override
    public void write(Object key, ByteWriter out) {
      String text = (String) key;
      if (text.indexOf('\0') < 0 && Utf8.writeAscii(text, out)) {
        out.writeShort(0);
      } else {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        checkText(text, utf8);
        EscapedBytes.write(utf8, 0, utf8.length, out);
      }
    }

    @Override
    public Object read(ByteReader in) {
      return new String(EscapedBytes.read(in), StandardCharsets.UTF_8);
    }
  }

  private record BytesPart() implements KeyPart {
    @Override
    public void write(Object key, ByteWriter out) {
      byte[] bytes = (byte[]) key;
      EscapedBytes.write(bytes, 0, bytes.length, out);
    }

    @Override
    public Object read(ByteReader in) {
      return EscapedBytes.read(in);
    }
  }

  private record EnumPart(Class<?> type, Map<String, Object> constants) implements KeyPart {

    private static final TextPart NAME = new TextPart();

    static EnumPart of(Class<?> type) {
      Map<String, Object> constants = new HashMap<>();
      for (Object constant : type.getEnumConstants()) {
        constants.put(((Enum<?>) constant).name(), constant);
      }
      return new EnumPart(type, constants);
    }

    @Override
    public void write(Object key, ByteWriter out) {
      NAME.write(((Enum<?>) key).name(), out);
    }

    @Override
    public Object read(ByteReader in) {
      Object name = NAME.read(in);
      Object constant = constants.get(name);
      if (constant == null) {
        throw new MalformedBytesException(
            "Cannot read a key: " + type.getName() + " has no constant " + name);
      }
      return constant;
    }
  }

  private static final class RecordPart implements KeyPart {

    private final RecordAccess access;
    private final MethodHandle[] accessors;
    private final MethodHandle spreader;
    private final KeyPart[] parts;

    RecordPart(
        RecordAccess access, MethodHandle[] accessors, MethodHandle spreader, KeyPart[] parts) {
      this.access = access;
      this.accessors = accessors;
      this.spreader = spreader;
      this.parts = parts;
    }

    static RecordPart of(RecordAccess access, KeyPart[] parts) {
      MethodHandle[] accessors = new MethodHandle[parts.length];
      for (int i = 0; i < parts.length; i++) {
        MethodHandle accessor = access.accessor(i);
        accessors[i] = accessor.asType(accessor.type().changeReturnType(Object.class));
      }
      return new RecordPart(access, accessors, access.spreader(), parts);
    }

    @Override
    public void write(Object key, ByteWriter out) {
      for (int i = 0; i < parts.length; i++) {
        Object component = component(key, i);
        if (component == null) {
          throw new IllegalArgumentException(
              "Cannot encode a key: component "
                  + access.names().get(i)
                  + " of "
                  + access.type().getSimpleName()
                  + " is null. Give it a value that stands for none");
        }
        parts[i].write(component, out);
      }
    }

    private Object component(Object key, int index) {
      try {
        return (Object) accessors[index].invokeExact(key);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw Moulds.undeclared(e);
      }
    }

    @Override
    public Object read(ByteReader in) {
      Object[] components = new Object[parts.length];
      for (int i = 0; i < parts.length; i++) {
        components[i] = parts[i].read(in);
      }
      try {
        return (Object) spreader.invokeExact(components);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw Moulds.undeclared(e);
      }
    }
  }

  private record TextKey() implements KeyCodec<String> {
    @Override
    public void encode(String key, ByteWriter out) {
      if (!Utf8.writeAscii(key, out)) {
        byte[] utf8 = key.getBytes(StandardCharsets.UTF_8);
        checkText(key, utf8);
        out.writeBytes(utf8);
      }
    }

    @Override
    public String decode(byte[] bytes, int offset, int length) {
      return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }
  }

  private record BytesKey() implements KeyCodec<byte[]> {
    @Override
    public void encode(byte[] key, ByteWriter out) {
      out.writeBytes(key);
    }

    @Override
    public byte[] decode(byte[] bytes, int offset, int length) {
      return new ByteReader(bytes, offset, length).readBytes(length);
    }
  }

  private record PartKey<K>(Type type, KeyPart part) implements KeyCodec<K> {
    @Override
    public void encode(K key, ByteWriter out) {
      part.write(key, out);
    }

    @Override
    public K decode(byte[] bytes, int offset, int length) {
      ByteReader in = new ByteReader(bytes, offset, length);
      Object key;
      try {
        key = part.read(in);
      } catch (DateTimeException e) {
        throw malformed(e.getMessage());
      } catch (MalformedBytesException e) {
        throw e;
      } catch (RuntimeException e) {
        throw StoredRefusal.of(type, e);
      }
      if (in.remaining() > 0) {
        throw malformed(in.remaining() + " bytes are left over");
      }
      @SuppressWarnings("unchecked") // the part was built for K
      K typed = (K) key;
      return typed;
    }

    private MalformedBytesException malformed(@Nullable String reason) {
      return new MalformedBytesException("Cannot read a " + Types.name(type) + " key: " + reason);
    }
  }
}
