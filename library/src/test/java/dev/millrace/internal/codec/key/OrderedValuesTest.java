package dev.millrace.internal.codec.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.aggregate.OrderedTypes;
import dev.millrace.internal.codec.key.OrderedValues.Direction;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The bytes of values in order against compareTo, both ways, over edges and random values. */
final class OrderedValuesTest {

  private static final long SEED = 20_261_127;

  private static Map<Class<?>, List<Object>> values() {
    Random random = new Random(SEED);
    Map<Class<?>, List<Object>> values = new LinkedHashMap<>();
    values.put(Short.class, some(() -> (short) random.nextInt(), (short) 0, Short.MIN_VALUE));
    values.put(Integer.class, some(random::nextInt, 0, -1, 1, Integer.MIN_VALUE));
    values.put(Long.class, some(random::nextLong, 0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE));
    values.put(
        Double.class,
        some(
            () -> Double.longBitsToDouble(random.nextLong()),
            0.0,
            -0.0,
            Double.NaN,
            Double.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            Double.MIN_VALUE,
            -Double.MIN_VALUE,
            -1.5));
    values.put(
        Float.class,
        some(
            () -> Float.intBitsToFloat(random.nextInt()),
            0f,
            -0f,
            Float.NaN,
            Float.NEGATIVE_INFINITY,
            -1.5f));
    values.put(
        String.class,
        some(
            () -> text(random),
            "",
            "a",
            "a\0",
            "a\0b",
            "ab",
            "\0",
            "\u007f",
            "\u0080",
            "\u07ff",
            "\u0800",
            "\uffff", // after the surrogates of what is a larger code point
            "\ud83d\ude00",
            "\ud83d",
            "\ude00x"));
    values.put(
        Instant.class,
        some(
            () -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)),
            Instant.MIN,
            Instant.MAX,
            Instant.EPOCH));
    values.put(
        LocalDate.class,
        some(
            () -> LocalDate.ofEpochDay(random.nextInt(100_000) - 50_000),
            LocalDate.MIN,
            LocalDate.MAX));
    values.put(
        LocalDateTime.class,
        some(
            () ->
                LocalDateTime.ofEpochSecond(
                    random.nextInt(), random.nextInt(1_000_000_000), ZoneOffset.UTC),
            LocalDateTime.MIN,
            LocalDateTime.MAX));
    values.put(
        UUID.class,
        some(
            () -> new UUID(random.nextLong(), random.nextLong()), new UUID(0, 0), new UUID(-1, 1)));
    values.put(
        BigInteger.class,
        some(
            () -> new BigInteger(random.nextInt(200), random).multiply(sign(random)),
            BigInteger.ZERO,
            BigInteger.valueOf(127),
            BigInteger.valueOf(128),
            BigInteger.valueOf(-128),
            BigInteger.valueOf(-129),
            BigInteger.valueOf(-1)));
    values.put(
        BigDecimal.class,
        some(
            () ->
                new BigDecimal(
                    new BigInteger(40, random).multiply(sign(random)), random.nextInt(30) - 10),
            new BigDecimal("0"),
            new BigDecimal("0.00"),
            new BigDecimal("0E+3"),
            new BigDecimal("1"),
            new BigDecimal("1.0"),
            new BigDecimal("1.00"),
            new BigDecimal("-1"),
            new BigDecimal("-1.00"),
            new BigDecimal("10"),
            new BigDecimal("1E+1"),
            new BigDecimal("9"),
            new BigDecimal("9.5"),
            new BigDecimal("0.09"),
            new BigDecimal("-0.09"),
            new BigDecimal("-9"),
            new BigDecimal("-9.5"),
            new BigDecimal("1E+1000000000"),
            new BigDecimal("-1E-1000000000")));
    return values;
  }

  private static BigInteger sign(Random random) {
    return random.nextBoolean() ? BigInteger.ONE : BigInteger.ONE.negate();
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append((char) random.nextInt(random.nextBoolean() ? 0x80 : 0x10000));
    }
    return text.toString();
  }

  private static List<Object> some(Supplier<Object> random, Object... edges) {
    List<Object> values = new ArrayList<>(List.of(edges));
    for (int i = 0; i < 60; i++) {
      values.add(random.get());
    }
    return values;
  }

  @Test
  void theOrderOfTheBytesIsThatOfTheValues() {
    values()
        .forEach(
            (type, values) -> {
              Comparator<Object> order = order(type);
              for (Direction direction : Direction.values()) {
                KeyCodec<Object> codec = OrderedValues.codec(type, direction);
                for (Object left : values) {
                  for (Object right : values) {
                    int expected =
                        direction == Direction.ASCENDING
                            ? order.compare(left, right)
                            : order.compare(right, left);
                    if (expected == 0) {
                      expected = rest(left, right);
                    }
                    assertThat(
                            Integer.signum(
                                Arrays.compareUnsigned(bytes(codec, left), bytes(codec, right))))
                        .as("%s: %s and %s, seed %d", direction, left, right, SEED)
                        .isEqualTo(Integer.signum(expected));
                  }
                }
              }
            });
  }

  @SuppressWarnings("unchecked") // the values are of the type
  private static Comparator<Object> order(Class<?> type) {
    assertThat(Comparable.class).isAssignableFrom(type);
    return (left, right) -> ((Comparable<Object>) left).compareTo(right);
  }

  private static int rest(Object left, Object right) {
    return left instanceof BigDecimal one
        ? Integer.compare(one.scale(), ((BigDecimal) right).scale())
        : 0;
  }

  @Test
  void allTypesThatAreSaidToHaveAnOrderHaveOne() {
    assertThat(values().keySet()).isEqualTo(OrderedTypes.ALL);
  }

  @Test
  void valuesComeBackFromTheirBytes() {
    values()
        .forEach(
            (type, values) -> {
              for (Direction direction : Direction.values()) {
                KeyCodec<Object> codec = OrderedValues.codec(type, direction);
                for (Object value : values) {
                  byte[] bytes = bytes(codec, value);
                  byte[] amid = new byte[bytes.length + 5];
                  System.arraycopy(bytes, 0, amid, 3, bytes.length);
                  assertThat(codec.decode(amid, 3, bytes.length)).isEqualTo(value);
                }
              }
            });
  }

  /** Bytes in state are for ever. */
  @Test
  void bytesAreThese() {
    assertThat(hex(1L)).isEqualTo("8000000000000001");
    assertThat(hex(-1.5)).isEqualTo("4007ffffffffffff");
    assertThat(hex(1.5f)).isEqualTo("bfc00000");
    assertThat(hex("a\0\u00e9\u20ac")).isEqualTo("6100ffc3a9e282ac0000");
    assertThat(hex(new BigInteger("-129"))).isEqualTo("7ffffffdff7f");
    assertThat(hex(new BigDecimal("-1.20"))).isEqualTo("017ffffffffffffffefdfcff80000002");
    assertThat(hex(new BigDecimal("0.0"))).isEqualTo("0280000001");
    assertThat(hex(LocalDateTime.of(2026, 1, 2, 0, 0, 0, 7)))
        .isEqualTo("800007ea01020000000000000007");
  }

  private static String hex(Object value) {
    return HexFormat.of()
        .formatHex(bytes(OrderedValues.codec(value.getClass(), Direction.ASCENDING), value));
  }

  @Test
  void bytesThatAreLeftOverOrMissingAreRefused() {
    Function<Object, KeyCodec<Object>> codec =
        value -> OrderedValues.codec(value.getClass(), Direction.DESCENDING);
    for (Object value : List.of("text", new BigDecimal("-12.5"), BigInteger.TEN, 1.5)) {
      byte[] bytes = bytes(codec.apply(value), value);
      byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
      assertThatThrownBy(() -> codec.apply(value).decode(longer, 0, longer.length))
          .as("%s", value)
          .isInstanceOf(MalformedBytesException.class);
      assertThatThrownBy(() -> codec.apply(value).decode(bytes, 0, bytes.length - 1))
          .as("%s", value)
          .isInstanceOf(MalformedBytesException.class);
    }
  }

  @Test
  void aClassWithoutAnOrderInBytesIsRefused() {
    assertThatThrownBy(() -> OrderedValues.codec(Thread.State.class, Direction.ASCENDING))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] bytes(KeyCodec<Object> codec, Object value) {
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    return out.toByteArray();
  }
}
