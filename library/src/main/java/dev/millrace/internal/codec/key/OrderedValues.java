package dev.millrace.internal.codec.key;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Map;
import java.util.UUID;

/**
 * The codecs of values that are kept in their own order: equal values have equal bytes, and the
 * unsigned order of the bytes is that of {@code compareTo}, or the reverse of it. Decimals that
 * compare as equal and are not are in the order of their scales, in both directions.
 *
 * <p>The bytes are in state, so they never change. They differ from those of {@link KeyCodecs} only
 * for text, whose {@code compareTo} goes by UTF-16 units: here each unit is written by itself, as
 * UTF-8 would write it.
 *
 * <p><b>Threads.</b> Stateless, codecs too.
 */
public final class OrderedValues {

  /** The end of the order that comes first. */
  public enum Direction {
    /** The smallest value is first. */
    ASCENDING,
    /** The largest value is first. */
    DESCENDING
  }

  private static final Map<Class<?>, Form> FORMS =
      Map.ofEntries(
          Map.entry(Short.class, asKey(Short.class)),
          Map.entry(Integer.class, asKey(Integer.class)),
          Map.entry(Long.class, asKey(Long.class)),
          Map.entry(UUID.class, asKey(UUID.class)),
          Map.entry(Instant.class, asKey(Instant.class)),
          Map.entry(LocalDate.class, asKey(LocalDate.class)),
          Map.entry(LocalDateTime.class, new DateTimeForm()),
          Map.entry(Float.class, new FloatForm()),
          Map.entry(Double.class, new DoubleForm()),
          Map.entry(String.class, new TextForm()),
          Map.entry(BigInteger.class, new IntegerForm()),
          Map.entry(BigDecimal.class, new DecimalForm()));

  private OrderedValues() {}

  /**
   * {@return the codec of a class's values in order}
   *
   * @throws IllegalArgumentException if it has none
   */
  public static KeyCodec<Object> codec(Class<?> type, Direction direction) {
    Form form = FORMS.get(type);
    if (form == null) {
      throw new IllegalArgumentException("Values of " + type.getName() + " have no ordered bytes");
    }
    return direction == Direction.ASCENDING ? new Ascending(form) : new Descending(form);
  }

  /**
   * The bytes of one class. No value's bytes are the beginning of another's, so that they can be
   * complemented.
   */
  private interface Form {

    void write(Object value, ByteWriter out);

    Object read(ByteReader in);

    /** Writes what distinguishes values that compare as equal. */
    default void writeRest(Object value, ByteWriter out) {}

    /** {@return the value, given one that compares as equal} */
    default Object readRest(Object value, ByteReader in) {
      return value;
    }
  }

  private record Ascending(Form form) implements KeyCodec<Object> {
    @Override
    public void encode(Object value, ByteWriter out) {
      form.write(value, out);
      form.writeRest(value, out);
    }

    @Override
    public Object decode(byte[] bytes, int offset, int length) {
      ByteReader in = new ByteReader(bytes, offset, length);
      return whole(form.readRest(form.read(in), in), in);
    }
  }

  private record Descending(Form form) implements KeyCodec<Object> {
    @Override
    public void encode(Object value, ByteWriter out) {
      int start = out.size();
      form.write(value, out);
      complement(out.array(), start, out.size());
      form.writeRest(value, out);
    }

    @Override
    public Object decode(byte[] bytes, int offset, int length) {
      ByteWriter copy = new ByteWriter(length);
      copy.writeBytes(bytes, offset, length);
      complement(copy.array(), 0, length);
      ByteReader ordered = new ByteReader(copy.array(), 0, length);
      Object value = form.read(ordered);
      int at = ordered.position();
      ByteReader rest = new ByteReader(bytes, offset + at, length - at);
      return whole(form.readRest(value, rest), rest);
    }

    private static void complement(byte[] bytes, int from, int to) {
      for (int i = from; i < to; i++) {
        bytes[i] = (byte) ~bytes[i];
      }
    }
  }

  private static Object whole(Object value, ByteReader in) {
    if (in.remaining() > 0) {
      throw new MalformedBytesException(
          "Cannot read an ordered value: " + in.remaining() + " bytes are left over");
    }
    return value;
  }

  /** Types whose keys have the order of their values. */
  private static Form asKey(Class<?> type) {
    return new KeyForm(KeyCodecs.forClass(type), type);
  }

  /** The bytes of keys of a fixed length. */
  private record KeyForm(KeyCodec<?> codec, Class<?> type) implements Form {
    @Override
    @SuppressWarnings("unchecked") // values are of the type
    public void write(Object value, ByteWriter out) {
      ((KeyCodec<Object>) codec).encode(value, out);
    }

    @Override
    public Object read(ByteReader in) {
      int length = in.remaining();
      return codec.decode(in.array(), in.skip(length), length);
    }
  }

  private record DateTimeForm() implements Form {
    private static final KeyCodec<LocalDate> DATES = KeyCodecs.forClass(LocalDate.class);
    private static final int DATE_BYTES = 6;

    @Override
    public void write(Object value, ByteWriter out) {
      LocalDateTime time = (LocalDateTime) value;
      DATES.encode(time.toLocalDate(), out);
      out.writeLong(time.toLocalTime().toNanoOfDay());
    }

    @Override
    public Object read(ByteReader in) {
      LocalDate date = DATES.decode(in.array(), in.skip(DATE_BYTES), DATE_BYTES);
      return LocalDateTime.of(date, LocalTime.ofNanoOfDay(in.readLong()));
    }
  }

  /** All numbers that are none have one form, as they are equal. */
  private record DoubleForm() implements Form {
    @Override
    public void write(Object value, ByteWriter out) {
      out.writeLong(turned(Double.doubleToLongBits((double) value)) ^ Long.MIN_VALUE);
    }

    @Override
    public Object read(ByteReader in) {
      return Double.longBitsToDouble(turned(in.readLong() ^ Long.MIN_VALUE));
    }

    /** Of negative numbers the larger bits are the smaller number. */
    private static long turned(long bits) {
      return bits < 0 ? bits ^ Long.MAX_VALUE : bits;
    }
  }

  private record FloatForm() implements Form {
    @Override
    public void write(Object value, ByteWriter out) {
      out.writeInt(turned(Float.floatToIntBits((float) value)) ^ Integer.MIN_VALUE);
    }

    @Override
    public Object read(ByteReader in) {
      return Float.intBitsToFloat(turned(in.readInt() ^ Integer.MIN_VALUE));
    }

    private static int turned(int bits) {
      return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
    }
  }

  /** UTF-16 units, each as UTF-8 writes a character; 0x00 0xFF is a zero, 0x00 0x00 the end. */
  private record TextForm() implements Form {
    @Override
    public void write(Object value, ByteWriter out) {
      String text = (String) value;
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == 0) {
          out.writeShort(0x00FF);
        } else if (c < 0x80) {
          out.writeByte(c);
        } else if (c < 0x800) {
          out.writeByte(0xC0 | c >> 6);
          out.writeByte(0x80 | c & 0x3F);
        } else {
          out.writeByte(0xE0 | c >> 12);
          out.writeByte(0x80 | c >> 6 & 0x3F);
          out.writeByte(0x80 | c & 0x3F);
        }
      }
      out.writeShort(0);
    }

    @Override
    public Object read(ByteReader in) {
      StringBuilder text = new StringBuilder();
      while (true) {
        int first = in.readByte() & 0xFF;
        if (first == 0) {
          if (in.readByte() == 0) {
            return text.toString();
          }
          text.append('\0');
        } else if (first < 0x80) {
          text.append((char) first);
        } else if (first < 0xE0) {
          text.append((char) ((first & 0x1F) << 6 | in.readByte() & 0x3F));
        } else {
          int second = in.readByte() & 0x3F;
          text.append((char) ((first & 0x0F) << 12 | second << 6 | in.readByte() & 0x3F));
        }
      }
    }
  }

  /** The length, of negative numbers its complement, then the number in two's complement. */
  private record IntegerForm() implements Form {
    @Override
    public void write(Object value, ByteWriter out) {
      BigInteger number = (BigInteger) value;
      byte[] digits = number.toByteArray();
      int length = number.signum() < 0 ? ~digits.length : digits.length;
      out.writeInt(length ^ Integer.MIN_VALUE);
      out.writeBytes(digits);
    }

    @Override
    public Object read(ByteReader in) {
      int length = in.readInt() ^ Integer.MIN_VALUE;
      int bytes = length < 0 ? ~length : length;
      if (bytes == 0 || bytes > in.remaining()) {
        throw new MalformedBytesException(
            "Cannot read an ordered value: a number has " + bytes + " bytes");
      }
      return new BigInteger(in.readBytes(bytes));
    }
  }

  /**
   * The sign, the exponent of 0.d x 10^exponent, the digits without trailing zeros as 1 to 10, and
   * 0; of negative numbers the complement of all but the sign. The scale is the rest.
   */
  private record DecimalForm() implements Form {

    private static final int NEGATIVE = 1;
    private static final int ZERO = 2;
    private static final int POSITIVE = 3;

    @Override
    public void write(Object value, ByteWriter out) {
      BigDecimal number = (BigDecimal) value;
      if (number.signum() == 0) {
        out.writeByte(ZERO);
        return;
      }
      boolean negative = number.signum() < 0;
      out.writeByte(negative ? NEGATIVE : POSITIVE);
      String digits = number.unscaledValue().abs().toString();
      long exponent = (long) digits.length() - number.scale();
      out.writeLong((negative ? ~exponent : exponent) ^ Long.MIN_VALUE);
      int end = digits.length();
      while (digits.charAt(end - 1) == '0') {
        end--;
      }
      for (int i = 0; i < end; i++) {
        int digit = digits.charAt(i) - '0' + 1;
        out.writeByte(negative ? ~digit : digit);
      }
      out.writeByte(negative ? 0xFF : 0);
    }

    @Override
    public Object read(ByteReader in) {
      int sign = in.readByte();
      if (sign == ZERO) {
        return BigDecimal.ZERO;
      }
      boolean negative = sign == NEGATIVE;
      long exponent = in.readLong() ^ Long.MIN_VALUE;
      StringBuilder digits = new StringBuilder(negative ? "-" : "");
      int signs = digits.length();
      while (true) {
        byte next = in.readByte();
        int digit = negative ? ~next & 0xFF : next;
        if (digit == 0) {
          break;
        } else if (digit > 10) {
          throw new MalformedBytesException(
              "Cannot read an ordered value: a decimal has a digit " + (digit - 1));
        }
        digits.append((char) ('0' + digit - 1));
      }
      if (digits.length() == signs) {
        throw new MalformedBytesException("Cannot read an ordered value: a decimal has no digits");
      }
      long scale = digits.length() - signs - (negative ? ~exponent : exponent);
      return new BigDecimal(new BigInteger(digits.toString()), (int) scale);
    }

    @Override
    public void writeRest(Object value, ByteWriter out) {
      out.writeInt(((BigDecimal) value).scale() ^ Integer.MIN_VALUE);
    }

    @Override
    public Object readRest(Object value, ByteReader in) {
      return ((BigDecimal) value).setScale(in.readInt() ^ Integer.MIN_VALUE);
    }
  }
}
