package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;

/** Values of every kind that codecs write, and codecs for them. */
final class SampleValues {

  private SampleValues() {}

  record Word(String word, long count) {}

  record Primitives8(boolean a, byte b, short c, char d, int e, long f, float g, double h) {}

  record Wrappers(Boolean a, Byte b, Short c, Character d, Integer e, Long f, Float g, Double h) {}

  record Scalars(
      String text,
      byte[] bytes,
      BigInteger big,
      BigDecimal decimal,
      UUID id,
      Instant instant,
      Duration duration,
      LocalDate date,
      LocalTime time,
      LocalDateTime dateTime,
      OffsetDateTime offset,
      ZonedDateTime zoned,
      DayOfWeek day) {}

  record Containing(
      List<String> list,
      Set<Long> set,
      Map<String, List<Integer>> map,
      Collection<Word> words,
      Deque<String> deque,
      SortedMap<String, Word> sorted,
      Optional<Word> maybe,
      Optional<String> none) {}

  record Arrays5(long[] longs, int[] ints, double[] doubles, boolean[] flags, String[][] texts) {}

  record Tree(String name, List<Tree> children, Tree left) {}

  record Pair<A, B>(A first, B second) {}

  record Nested(Pair<String, Pair<Long, List<String>>> pair, Word word, Word none) {}

  record Nothing() {}

  record Wide(
      int a0,
      long a1,
      String a2,
      int a3,
      int a4,
      int a5,
      int a6,
      int a7,
      int a8,
      int a9,
      int a10,
      int a11,
      int a12,
      int a13,
      int a14,
      int a15,
      int a16,
      double a17,
      Long a18,
      String a19) {}

  sealed interface Shape {}

  record Circle(double radius) implements Shape {}

  record Square(double side, Color color) implements Shape {}

  record Group(List<Shape> members) implements Shape {}

  sealed interface Corner extends Shape {}

  record Sharp(int angle) implements Corner {}

  enum Known implements Corner {
    RIGHT,
    STRAIGHT {
      @Override
      public String toString() {
        return "straight";
      }
    }
  }

  sealed interface Result<T> {}

  record Ok<T>(T value) implements Result<T> {}

  record Failed<T>(String reason) implements Result<T> {}

  enum Color {
    RED,
    GREEN
  }

  sealed interface Open permits Leak {}

  static non-sealed class Leak implements Open {}

  static final class Pojo {
    public String name = "";
    public int age;

    @Override
    public boolean equals(Object other) {
      return other instanceof Pojo that && name.equals(that.name) && age == that.age;
    }

    @Override
    public int hashCode() {
      return name.hashCode() + age;
    }
  }

  static final class Zoned {
    public ZonedDateTime at = ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 0, ZoneId.of("Asia/Tokyo"));
  }

  record WithPojo(String id, Pojo pojo, Pojo none) {}

  static final class Unmakeable {
    final int value;

    Unmakeable(int value, String other) {
      this.value = value + other.length();
    }
  }

  static <T> ValueCodec<T> codec(TypeRef<T> type) {
    return codec(type.type());
  }

  @SuppressWarnings("unchecked")
  static <T> ValueCodec<T> codec(Type type) {
    return (ValueCodec<T>) ValueCodecs.forType(type, new InMemorySchemaBook());
  }

  static <T> byte[] bytes(ValueCodec<T> codec, T value) {
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    return out.toByteArray();
  }

  static Scalars scalars() {
    return new Scalars(
        "M\u00fcller",
        new byte[] {1, 0, -1},
        new BigInteger("-123456789012345678901234567890"),
        new BigDecimal("12.3400"),
        new UUID(1, 2),
        Instant.ofEpochSecond(-5, 7),
        Duration.ofMillis(-1500),
        LocalDate.of(2026, 2, 3),
        LocalTime.of(1, 2, 3, 4),
        LocalDateTime.of(1969, 1, 1, 0, 0),
        OffsetDateTime.parse("2026-01-01T00:00:00.5+05:30"),
        ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 0, ZoneId.of("Europe/Berlin")),
        DayOfWeek.FRIDAY);
  }
}
