package dev.millrace.internal.codec.object;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The bytes of primitives, and handles to write and read them without boxing.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Primitives {

  private static final Map<Class<?>, MethodHandle> WRITERS = new HashMap<>();
  private static final Map<Class<?>, MethodHandle> READERS = new HashMap<>();

  static {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    Map<Class<?>, String> names =
        Map.of(
            boolean.class, "Boolean",
            byte.class, "Byte",
            short.class, "Short",
            char.class, "Char",
            int.class, "Int",
            long.class, "Long",
            float.class, "Float",
            double.class, "Double");
    names.forEach(
        (type, name) -> {
          try {
            WRITERS.put(
                type,
                lookup.findStatic(
                    Primitives.class,
                    "write" + name,
                    MethodType.methodType(void.class, type, ByteWriter.class)));
            READERS.put(
                type,
                lookup.findStatic(
                    Primitives.class,
                    "read" + name,
                    MethodType.methodType(type, ByteReader.class)));
          } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
          }
        });
  }

  private Primitives() {}

  /** {@return the handle (primitive, ByteWriter) to void} */
  public static MethodHandle writer(Class<?> primitive) {
    return Objects.requireNonNull(WRITERS.get(primitive));
  }

  /** {@return the handle (ByteReader) to primitive} */
  public static MethodHandle reader(Class<?> primitive) {
    return Objects.requireNonNull(READERS.get(primitive));
  }

  public static boolean toBoolean(int value) {
    if ((value & ~1) != 0) {
      throw new MalformedBytesException("Cannot read a boolean: it is " + value);
    }
    return value == 1;
  }

  public static void writeBoolean(boolean value, ByteWriter out) {
    out.writeByte(value ? 1 : 0);
  }

  public static boolean readBoolean(ByteReader in) {
    return toBoolean(in.readByte());
  }

  public static void writeByte(byte value, ByteWriter out) {
    out.writeByte(value);
  }

  public static byte readByte(ByteReader in) {
    return in.readByte();
  }

  public static void writeShort(short value, ByteWriter out) {
    out.writeZigzag(value);
  }

  public static short readShort(ByteReader in) {
    long value = in.readZigzag();
    if (value != (short) value) {
      throw outOfRange(value, "short");
    }
    return (short) value;
  }

  public static void writeChar(char value, ByteWriter out) {
    out.writeVarint(value);
  }

  public static char readChar(ByteReader in) {
    int value = in.readVarint();
    if (value != (char) value) {
      throw outOfRange(value, "char");
    }
    return (char) value;
  }

  public static void writeInt(int value, ByteWriter out) {
    out.writeZigzag(value);
  }

  public static int readInt(ByteReader in) {
    long value = in.readZigzag();
    if (value != (int) value) {
      throw outOfRange(value, "int");
    }
    return (int) value;
  }

  public static void writeLong(long value, ByteWriter out) {
    out.writeZigzag(value);
  }

  public static long readLong(ByteReader in) {
    return in.readZigzag();
  }

  public static void writeFloat(float value, ByteWriter out) {
    out.writeInt(Float.floatToRawIntBits(value));
  }

  public static float readFloat(ByteReader in) {
    return Float.intBitsToFloat(in.readInt());
  }

  public static void writeDouble(double value, ByteWriter out) {
    out.writeDouble(value);
  }

  public static double readDouble(ByteReader in) {
    return in.readDouble();
  }

  private static MalformedBytesException outOfRange(long value, String type) {
    return new MalformedBytesException("Cannot read a " + type + ": " + value + " is out of range");
  }
}
