package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.object.LinkedRecordWriter;
import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.RecordWriter;
import dev.millrace.internal.codec.object.Utf8;
import dev.millrace.internal.util.ByteWriter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.NumberOutput;

/**
 * The factory of writers of plain records, and of single texts and numbers, as JSON text, byte for
 * byte as the JSON library writes them.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class JsonRecordWriters {

  /** For a value that is no component of a record. */
  private static final byte[] NO_NAME = {};

  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
  private static final long YEAR_0 = LocalDate.of(0, 1, 1).toEpochDay() * 86_400;
  private static final long YEAR_10000 = LocalDate.of(10_000, 1, 1).toEpochDay() * 86_400;
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  /** The exception for a value whose text the JSON library has to decide. */
  static final class Unusual extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Unusual() {
      super("left to the JSON library", null, false, false);
    }
  }

  private JsonRecordWriters() {}

  /** {@return a writer, or null if the type is not plain} */
  static @Nullable RecordWriter of(Type type) {
    if (type == String.class) {
      return (value, out) -> write(NO_NAME, (String) value, out);
    }
    if (type == Long.class || type == Integer.class) {
      return (value, out) -> write(NO_NAME, ((Number) value).longValue(), out);
    }
    JsonShape shape = JsonShape.of(type);
    if (shape == null) {
      return null;
    }
    MethodHandle all = end();
    for (int i = shape.access().size() - 1; i >= 0; i--) {
      all = MethodHandles.foldArguments(all, step(shape, i));
    }
    return Moulds.cast(LinkedRecordWriter.class, all);
  }

  private static MethodHandle end() {
    return MethodHandles.dropArguments(
        handle("writeEnd", MethodType.methodType(void.class, ByteWriter.class)), 0, Object.class);
  }

  private static MethodHandle step(JsonShape shape, int index) {
    byte[] name =
        ((index == 0 ? "{\"" : ",\"") + shape.access().names().get(index) + "\":")
            .getBytes(StandardCharsets.US_ASCII);
    Class<?> type = shape.access().classes().get(index);
    Class<?> parameter = type.isPrimitive() || type == String.class ? type : Object.class;
    MethodHandle write =
        handle(
            "write", MethodType.methodType(void.class, byte[].class, parameter, ByteWriter.class));
    MethodHandle accessor = shape.access().accessor(index);
    return MethodHandles.filterArguments(
        MethodHandles.insertArguments(write, 0, (Object) name),
        0,
        accessor.asType(accessor.type().changeReturnType(parameter)));
  }

  private static MethodHandle handle(String name, MethodType type) {
    try {
      return MethodHandles.lookup().findStatic(JsonRecordWriters.class, name, type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  static void writeEnd(ByteWriter out) {
    out.writeByte('}');
  }

  static void write(byte[] name, long value, ByteWriter out) {
    out.writeBytes(name);
    out.ensure(20);
    out.advance(NumberOutput.outputLong(value, out.array(), out.size()) - out.size());
  }

  static void write(byte[] name, int value, ByteWriter out) {
    write(name, (long) value, out);
  }

  static void write(byte[] name, double value, ByteWriter out) {
    if (!Double.isFinite(value)) {
      throw new Unusual();
    }
    out.writeBytes(name);
    Utf8.write(NumberOutput.toString(value, true), out);
  }

  static void write(byte[] name, boolean value, ByteWriter out) {
    out.writeBytes(name);
    out.writeBytes(value ? TRUE : FALSE);
  }

  static void write(byte[] name, @Nullable Object value, ByteWriter out) {
    if (value == null) {
      out.writeBytes(name);
      out.writeBytes(NULL);
    } else if (value instanceof Long || value instanceof Integer) {
      write(name, ((Number) value).longValue(), out);
    } else if (value instanceof Double number) {
      write(name, number.doubleValue(), out);
    } else if (value instanceof Boolean flag) {
      write(name, flag.booleanValue(), out);
    } else if (value instanceof Instant instant) {
      write(name, instant, out);
    } else {
      throw new Unusual();
    }
  }

  private static void write(byte[] name, Instant instant, ByteWriter out) {
    long seconds = instant.getEpochSecond();
    if (seconds < YEAR_0 || seconds >= YEAR_10000) {
      write(name, instant.toString(), out);
      return;
    }
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(seconds, 86_400));
    int ofDay = (int) Math.floorMod(seconds, 86_400L);
    out.writeBytes(name);
    out.writeByte('"');
    writeDigits(date.getYear(), 4, '-', out);
    writeDigits(date.getMonthValue(), 2, '-', out);
    writeDigits(date.getDayOfMonth(), 2, 'T', out);
    writeDigits(ofDay / 3600, 2, ':', out);
    writeDigits(ofDay / 60 % 60, 2, ':', out);
    int nanos = instant.getNano();
    writeDigits(ofDay % 60, 2, nanos == 0 ? 'Z' : '.', out);
    if (nanos % 1_000_000 != 0) {
      writeDigits(nanos % 1000 == 0 ? nanos / 1000 : nanos, nanos % 1000 == 0 ? 6 : 9, 'Z', out);
    } else if (nanos != 0) {
      writeDigits(nanos / 1_000_000, 3, 'Z', out);
    }
    out.writeByte('"');
  }

  private static void writeDigits(int value, int count, char after, ByteWriter out) {
    out.ensure(count);
    byte[] bytes = out.array();
    int rest = value;
    for (int i = out.size() + count - 1; i >= out.size(); i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    out.advance(count);
    out.writeByte(after);
  }

  static void write(byte[] name, @Nullable String value, ByteWriter out) {
    out.writeBytes(name);
    if (value == null) {
      out.writeBytes(NULL);
      return;
    }
    int length = value.length();
    out.ensure(length + 2);
    byte[] bytes = out.array();
    int at = out.size();
    bytes[at++] = '"';
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
        out.advance(at - out.size());
        writeUnusual(value, i, out);
        return;
      }
      bytes[at++] = (byte) c;
    }
    bytes[at++] = '"';
    out.advance(at - out.size());
  }

  /** Goes on from a character that is no plain ASCII. */
  private static void writeUnusual(String value, int from, ByteWriter out) {
    int i = from;
    while (i < value.length()) {
      int c = value.codePointAt(i);
      i += Character.charCount(c);
      if (c < 0x80) {
        writeAscii(c, out);
      } else if (c < 0x800) {
        out.writeByte(0xC0 | c >> 6);
        out.writeByte(0x80 | c & 0x3F);
      } else if (c < 0x10000) {
        if (Character.isSurrogate((char) c)) {
          throw new Unusual();
        }
        out.writeByte(0xE0 | c >> 12);
        out.writeByte(0x80 | c >> 6 & 0x3F);
        out.writeByte(0x80 | c & 0x3F);
      } else {
        out.writeByte(0xF0 | c >> 18);
        out.writeByte(0x80 | c >> 12 & 0x3F);
        out.writeByte(0x80 | c >> 6 & 0x3F);
        out.writeByte(0x80 | c & 0x3F);
      }
    }
    out.writeByte('"');
  }

  private static void writeAscii(int c, ByteWriter out) {
    int escape =
        switch (c) {
          case '"', '\\' -> c;
          case '\b' -> 'b';
          case '\t' -> 't';
          case '\n' -> 'n';
          case '\f' -> 'f';
          case '\r' -> 'r';
          default -> 0;
        };
    if (escape != 0) {
      out.writeByte('\\');
      out.writeByte(escape);
    } else if (c < 0x20) {
      out.writeByte('\\');
      out.writeByte('u');
      out.writeByte('0');
      out.writeByte('0');
      out.writeByte(HEX[c >> 4]);
      out.writeByte(HEX[c & 0xF]);
    } else {
      out.writeByte(c);
    }
  }
}
