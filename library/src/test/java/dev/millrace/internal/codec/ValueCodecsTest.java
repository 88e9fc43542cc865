package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ValueCodecsTest {

  private record Word(String word, long count) {}

  private record Primitives8(
      boolean a, byte b, short c, char d, int e, long f, float g, double h) {}

  private record Wrappers(
      Boolean a, Byte b, Short c, Character d, Integer e, Long f, Float g, Double h) {}

  private record Scalars(
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

  private record Containing(
      List<String> list,
      Set<Long> set,
      Map<String, List<Integer>> map,
      Collection<Word> words,
      Deque<String> deque,
      SortedMap<String, Word> sorted,
      Optional<Word> maybe,
      Optional<String> none) {}

  private record Arrays5(
      long[] longs, int[] ints, double[] doubles, boolean[] flags, String[][] texts) {}

  private record Tree(String name, List<Tree> children, Tree left) {}

  private record Pair<A, B>(A first, B second) {}

  private record Nested(Pair<String, Pair<Long, List<String>>> pair, Word word, Word none) {}

  private record Nothing() {}

  private record Wide(
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

  private sealed interface Shape {}

  private record Circle(double radius) implements Shape {}

  private record Square(double side, Color color) implements Shape {}

  private record Group(List<Shape> members) implements Shape {}

  private sealed interface Corner extends Shape {}

  private record Sharp(int angle) implements Corner {}

  private enum Known implements Corner {
    RIGHT,
    STRAIGHT {
      @Override
      public String toString() {
        return "straight";
      }
    }
  }

  private sealed interface Result<T> {}

  private record Ok<T>(T value) implements Result<T> {}

  private record Failed<T>(String reason) implements Result<T> {}

  private enum Color {
    RED,
    GREEN
  }

  private sealed interface Open permits Leak {}

  private static non-sealed class Leak implements Open {}

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

  private static <T> ValueCodec<T> codec(TypeRef<T> type) {
    return codec(type.type());
  }

  @SuppressWarnings("unchecked")
  private static <T> ValueCodec<T> codec(Type type) {
    return (ValueCodec<T>) ValueCodecs.forType(type, new InMemorySchemaBook());
  }

  private static <T> byte[] bytes(ValueCodec<T> codec, T value) {
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    return out.toByteArray();
  }

  private static <T> T roundTrip(ValueCodec<T> codec, T value) {
    byte[] bytes = bytes(codec, value);
    byte[] shifted = new byte[bytes.length + 5];
    System.arraycopy(bytes, 0, shifted, 2, bytes.length);
    return codec.decode(shifted, 2, bytes.length);
  }

  private static <T> void checkRoundTrip(TypeRef<T> type, T value) {
    assertThat(roundTrip(codec(type), value)).usingRecursiveComparison().isEqualTo(value);
  }

  private static <T> String hex(TypeRef<T> type, T value) {
    return HexFormat.of().formatHex(bytes(codec(type), value));
  }

  private static Scalars scalars() {
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

  @Test
  void bytesAreForEver() {
    assertThat(hex(TypeRef.of(String.class), "ab")).isEqualTo("02" + "6162");
    assertThat(hex(TypeRef.of(Long.class), -3L)).isEqualTo("05");
    assertThat(hex(TypeRef.of(Word.class), new Word("ab", 300))).isEqualTo("03" + "6162" + "d804");
    assertThat(hex(TypeRef.of(Word.class), new Word(null, 0))).isEqualTo("00" + "00");
    assertThat(
            hex(
                TypeRef.of(Primitives8.class),
                new Primitives8(true, (byte) -1, (short) 2, 'x', -3, 4, 1.5f, -2.0)))
        .isEqualTo("01" + "ff" + "04" + "78" + "05" + "08" + "3fc00000" + "c000000000000000");
    assertThat(
            hex(
                TypeRef.of(Wrappers.class),
                new Wrappers(true, (byte) -1, null, 'x', -3, 4L, null, null)))
        .isEqualTo("02" + "01ff" + "00" + "0178" + "0105" + "0108" + "00" + "00");
    assertThat(hex(TypeRef.of(Scalars.class), scalars()))
        .isEqualTo(
            "08"
                + "4dc3bc6c6c6572" // text
                + "04"
                + "0100ff" // bytes
                + "0e"
                + "fe7116f0093c8c1f11b1c0f52e" // big
                + "04"
                + "01e208"
                + "08" // decimal
                + "01"
                + "0000000000000001"
                + "0000000000000002" // id
                + "01"
                + "09"
                + "07" // instant
                + "01"
                + "03"
                + "80cab5ee01" // duration
                + "01"
                + "8ec002" // date
                + "01"
                + "84dcdea0ad6c" // time
                + "01"
                + "d905"
                + "00" // dateTime
                + "01"
                + "ccbf02"
                + "80cab5ee01"
                + "b0b502" // offset
                + "01"
                + "b6c202"
                + "80809ec5a4e909"
                + "c070" // zoned
                + "0d"
                + "4575726f70652f4265726c696e" // its zone
                + "05"); // day
  }

  @Test
  void collectionsBytesAreForEver() {
    assertThat(hex(new TypeRef<List<Long>>() {}, List.of(1L, 2L))).isEqualTo("04" + "02" + "04");
    assertThat(hex(new TypeRef<List<Long>>() {}, Arrays.asList(1L, null)))
        .isEqualTo("05" + "0102" + "00");
    assertThat(hex(new TypeRef<Map<String, Integer>>() {}, Map.of("a", 1)))
        .isEqualTo("02" + "0161" + "02");
    assertThat(hex(new TypeRef<Optional<String>>() {}, Optional.of("a"))).isEqualTo("01" + "0161");
    assertThat(hex(new TypeRef<Optional<String>>() {}, Optional.empty())).isEqualTo("00");
    assertThat(hex(TypeRef.of(Color.class), Color.GREEN)).isEqualTo("01");
    assertThat(hex(TypeRef.of(Shape.class), new Square(0, null)))
        .isEqualTo("04" + "0000000000000000" + "00");
    assertThat(hex(TypeRef.of(Nothing.class), new Nothing())).isEqualTo("00");
  }

  @Test
  void schemasAreForEver() {
    InMemorySchemaBook book = new InMemorySchemaBook();
    ValueCodec<Word> words = ValueCodecs.forClass(Word.class, book);
    byte[] schema = book.lookup(words.schemaId());

    assertThat(HexFormat.of().formatHex(schema))
        .isEqualTo(
            "01"
                + "01" // version, definitions
                + "01"
                + "02" // record, components
                + "04"
                + "776f7264"
                + "01"
                + "09" // word, nullable, string
                + "05"
                + "636f756e74"
                + "00"
                + "06" // count, not nullable, long
                + "24"
                + "00"); // the value is the first definition
    assertThat(Integer.toHexString(words.schemaId())).isEqualTo("b7d6bce7");
    assertThat(ValueCodecs.describe(schema)).isEqualTo("#0{word: string?, count: long}");
  }

  @Test
  void scalarsComeBack() {
    checkRoundTrip(TypeRef.of(Scalars.class), scalars());
    checkRoundTrip(
        TypeRef.of(Scalars.class),
        new Scalars(null, null, null, null, null, null, null, null, null, null, null, null, null));
    checkRoundTrip(TypeRef.of(String.class), "");
    checkRoundTrip(TypeRef.of(byte[].class), new byte[] {1, 2});
    checkRoundTrip(TypeRef.of(Boolean.class), false);
    checkRoundTrip(TypeRef.of(Instant.class), Instant.MAX);
    checkRoundTrip(TypeRef.of(Instant.class), Instant.MIN);
    checkRoundTrip(TypeRef.of(Duration.class), Duration.ofSeconds(Long.MIN_VALUE));
    checkRoundTrip(TypeRef.of(LocalDateTime.class), LocalDateTime.MIN);
    checkRoundTrip(TypeRef.of(OffsetDateTime.class), OffsetDateTime.MAX);
    checkRoundTrip(TypeRef.of(BigDecimal.class), new BigDecimal("1E-400000"));
  }

  @Test
  void clockChangesComeBack() {
    ZonedDateTime first =
        ZonedDateTime.ofLocal(
            LocalDateTime.of(2026, 10, 25, 2, 30),
            ZoneId.of("Europe/Berlin"),
            java.time.ZoneOffset.ofHours(1));
    assertThat(roundTrip(codec(TypeRef.of(ZonedDateTime.class)), first)).isEqualTo(first);
  }

  @Test
  void jsonSchemaIdIsForEver() {
    assertThat(Integer.toHexString(codec(TypeRef.of(Pojo.class)).schemaId())).isEqualTo("a057a836");
  }

  @Test
  void nanComesBackBitForBit() {
    float odd = Float.intBitsToFloat(0x7fc00001);
    float read = roundTrip(codec(TypeRef.of(Float.class)), odd);
    assertThat(Float.floatToRawIntBits(read)).isEqualTo(0x7fc00001);
  }

  @Test
  void primitivesAndWrappersComeBack() {
    checkRoundTrip(
        TypeRef.of(Primitives8.class),
        new Primitives8(
            true,
            Byte.MIN_VALUE,
            Short.MIN_VALUE,
            Character.MAX_VALUE,
            Integer.MIN_VALUE,
            Long.MIN_VALUE,
            Float.MIN_VALUE,
            -0.0));
    checkRoundTrip(
        TypeRef.of(Wrappers.class), new Wrappers(null, null, null, null, null, null, null, null));
    checkRoundTrip(
        TypeRef.of(Wrappers.class),
        new Wrappers(
            false, (byte) 0, Short.MAX_VALUE, 'a', Integer.MAX_VALUE, Long.MAX_VALUE, 1f, 2d));
  }

  @Test
  void collectionsComeBack() {
    Containing value =
        new Containing(
            Arrays.asList("a", null),
            new HashSet<>(Set.of(1L, 2L)),
            new HashMap<>(Map.of("x", List.of(1, 2))),
            List.of(new Word("w", 1)),
            new ArrayDeque<>(List.of("q")),
            new TreeMap<>(Map.of("b", new Word("b", 2), "a", new Word("a", 1))),
            Optional.of(new Word("o", 3)),
            Optional.empty());
    Containing read = roundTrip(codec(TypeRef.of(Containing.class)), value);

    assertThat(read.list()).isEqualTo(value.list());
    assertThat(read.set()).isEqualTo(value.set());
    assertThat(read.map()).isEqualTo(value.map());
    assertThat(read.words()).containsExactlyElementsOf(value.words());
    assertThat(read.deque()).containsExactly("q");
    assertThat(read.sorted()).isEqualTo(value.sorted());
    assertThat(read.maybe()).isEqualTo(value.maybe());
    assertThat(read.none()).isEmpty();
    checkRoundTrip(
        TypeRef.of(Containing.class),
        new Containing(null, null, null, null, null, null, null, null));
  }

  @Test
  void mapsWithNullsComeBackInTheirOrder() {
    Map<String, Long> map = new LinkedHashMap<>();
    map.put("z", 1L);
    map.put(null, 2L);
    map.put("a", null);
    Map<String, Long> read = roundTrip(codec(new TypeRef<Map<String, Long>>() {}), map);
    assertThat(new ArrayList<>(read.entrySet())).isEqualTo(new ArrayList<>(map.entrySet()));
  }

  @Test
  void sortedCollectionsNeedNaturalOrder() {
    ValueCodec<TreeSet<String>> codec = codec(new TypeRef<TreeSet<String>>() {});
    TreeSet<String> backwards = new TreeSet<>(Comparator.reverseOrder());
    backwards.add("a");
    assertThatThrownBy(() -> bytes(codec, backwards)).hasMessageContaining("comparator");
  }

  @Test
  void arraysComeBack() {
    checkRoundTrip(
        TypeRef.of(Arrays5.class),
        new Arrays5(
            new long[] {1, -2},
            new int[] {3},
            new double[] {0.5},
            new boolean[] {true, false},
            new String[][] {{"a"}, {}, {null}}));
    checkRoundTrip(TypeRef.of(Word[].class), new Word[] {new Word("a", 1), null});
    checkRoundTrip(new TypeRef<Pair<String, Long>[]>() {}, pairs());
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Pair<String, Long>[] pairs() {
    return new Pair[] {new Pair<>("a", 1L)};
  }

  @Test
  void recursiveRecordsComeBack() {
    Tree leaf = new Tree("leaf", List.of(), null);
    checkRoundTrip(TypeRef.of(Tree.class), new Tree("root", List.of(leaf, leaf), leaf));
  }

  @Test
  void genericRecordsComeBack() {
    Pair<String, Pair<Long, List<String>>> pair = new Pair<>("a", new Pair<>(1L, List.of("x")));
    checkRoundTrip(new TypeRef<Pair<String, Pair<Long, List<String>>>>() {}, pair);
    checkRoundTrip(TypeRef.of(Nested.class), new Nested(pair, new Word("w", 1), null));
  }

  @Test
  void wideAndEmptyRecordsComeBack() {
    checkRoundTrip(
        TypeRef.of(Wide.class),
        new Wide(
            0, 1, "2", 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17.5, null, "nineteen"));
    assertThat(roundTrip(codec(TypeRef.of(Nothing.class)), new Nothing())).isEqualTo(new Nothing());
    checkRoundTrip(
        new TypeRef<List<Nothing>>() {}, List.of(new Nothing(), new Nothing(), new Nothing()));
  }

  @Test
  void sealedTypesComeBack() {
    checkRoundTrip(
        TypeRef.of(Shape.class),
        new Group(
            List.of(
                new Circle(1),
                new Square(2, Color.RED),
                new Sharp(3),
                Known.RIGHT,
                Known.STRAIGHT,
                new Group(List.of()))));
    checkRoundTrip(new TypeRef<Result<List<Word>>>() {}, new Ok<>(List.of(new Word("a", 1))));
    checkRoundTrip(new TypeRef<Result<List<Word>>>() {}, new Failed<>("no"));
  }

  @Test
  void otherTypesAreJson() {
    Pojo pojo = new Pojo();
    pojo.name = "n";
    pojo.age = 3;
    ValueCodec<Pojo> codec = codec(TypeRef.of(Pojo.class));

    assertThat(bytes(codec, pojo)).asString().contains("\"name\":\"n\"");
    assertThat(roundTrip(codec, pojo)).isEqualTo(pojo);
    assertThat(roundTrip(codec(TypeRef.of(StringBuilder.class)), new StringBuilder("b")))
        .hasToString("b");
    checkRoundTrip(TypeRef.of(WithPojo.class), new WithPojo("i", pojo, null));
  }

  @Test
  void zonesInsideJsonKeepTheirNames() {
    Zoned read = roundTrip(codec(TypeRef.of(Zoned.class)), new Zoned());
    assertThat(read.at.getZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
  }

  @Test
  void refusesWhatCouldNotBeReadBack() {
    checkRefused(Object.class, "Object does not say what is in it");
    checkRefused(Number.class, "Number does not say what is in it");
    checkRefused(List.class, "List has type arguments that are unknown here");
    checkRefused(Pair.class, "Pair has type arguments that are unknown here");
    checkRefused(new TypeRef<List<Object>>() {}.type(), "List<Object><Object>");
    checkRefused(Runnable.class, "no way to make a Runnable");
    checkRefused(Unmakeable.class, "no way to make a Unmakeable");
    checkRefused(Open.class, "its subtype Leak is open to further subtypes");
  }

  private static void checkRefused(Type type, String reason) {
    assertThatThrownBy(() -> codec(type))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageStartingWith("Cannot encode values of ")
        .hasMessageContaining(reason);
  }

  @Test
  void schemaIdDependsOnTheContentAlone() {
    record First(String word, long count) {}
    record Second(String word, int count) {}
    int id = ValueCodecsTest.<Word>codec(Word.class).schemaId();
    assertThat(ValueCodecsTest.<First>codec(First.class).schemaId()).isEqualTo(id);
    assertThat(ValueCodecsTest.<Second>codec(Second.class).schemaId()).isNotEqualTo(id);
  }

  @Test
  void anotherSchemaUnderTheSameIdIsRefused() {
    InMemorySchemaBook book = new InMemorySchemaBook();
    book.register(1, new byte[] {1});
    book.register(1, new byte[] {1});
    assertThatThrownBy(() -> book.register(1, new byte[] {2}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("0x00000001");
    assertThat(book.lookup(2)).isNull();
  }

  @Test
  void malformedBytesAreReportedAsSuch() {
    ValueCodec<Scalars> scalars = codec(TypeRef.of(Scalars.class));
    ValueCodec<Shape> shapes = codec(TypeRef.of(Shape.class));
    ValueCodec<Arrays5> arrays = codec(TypeRef.of(Arrays5.class));
    checkFuzz(scalars, bytes(scalars, scalars()));
    checkFuzz(shapes, bytes(shapes, new Group(List.of(new Circle(1), new Square(2, Color.RED)))));
    checkFuzz(
        arrays,
        bytes(
            arrays,
            new Arrays5(
                new long[3], new int[3], new double[2], new boolean[2], new String[][] {{"a"}})));
  }

  private static void checkFuzz(ValueCodec<?> codec, byte[] good) {
    long seed = 31;
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 3));
      for (int k = random.nextInt(3); k > 0 && bad.length > 0; k--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        codec.decode(bad, 0, bad.length);
      } catch (MalformedBytesException expected) {
        assertThat(expected).as("seed %d", seed).hasMessageStartingWith("Cannot read");
      }
    }
  }

  @Test
  void leftOverBytesAreMalformed() {
    ValueCodec<Word> codec = codec(TypeRef.of(Word.class));
    byte[] bytes = Arrays.copyOf(bytes(codec, new Word("a", 1)), 10);
    assertThatThrownBy(() -> codec.decode(bytes, 0, bytes.length))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContaining("left over");
  }

  @Test
  void storedValuesStandBehindFormatAndSchemaId() {
    StoredValues<Word> stored = new StoredValues<>(codec(TypeRef.of(Word.class)));
    byte[] bytes = stored.toBytes(new Word("ab", 1));
    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo("01" + "b7d6bce7" + "03616202");
    assertThat(stored.fromBytes(bytes)).isEqualTo(new Word("ab", 1));
    assertThatThrownBy(() -> stored.fromBytes(new byte[] {3, 0, 0, 0, 0}))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContaining("unknown format 3");
    assertThatThrownBy(() -> stored.fromBytes(new byte[] {1, 0}))
        .isInstanceOf(MalformedBytesException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "-1, 01",
    "64, 8001",
    "1700000000000, 80a0abfef962",
    "9223372036854775807, feffffffffffffffff01",
    "-9223372036854775807, fdffffffffffffffff01",
  })
  void aTimeStandsBetweenSchemaIdAndValue(long timeMs, String golden) {
    StoredValues<Word> stored = new StoredValues<>(codec(TypeRef.of(Word.class)));
    byte[] bytes = stored.toBytes(new Word("ab", 1), timeMs);
    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo("02" + "b7d6bce7" + golden + "03616202");
    assertThat(StoredValues.timeMs(bytes)).isEqualTo(timeMs);
    assertThat(stored.fromBytes(bytes)).isEqualTo(new Word("ab", 1));
    assertThat(StoredValues.isHead(bytes)).isTrue();
    assertThat(StoredValues.valueOffset(bytes)).isEqualTo(bytes.length - 4);
    byte[] later = stored.toBytes(new Word("ab", 1), timeMs ^ 0x7FFF);
    byte[] none = stored.toBytes(new Word("ab", 1), StoredValues.NO_TIME);
    assertThat(none).isEqualTo(stored.toBytes(new Word("ab", 1)));
    assertThat(StoredValues.timeMs(none)).isEqualTo(StoredValues.NO_TIME);
    assertThat(StoredValues.haveSameValue(bytes, later)).isTrue();
    assertThat(StoredValues.haveSameValue(none, bytes)).isTrue();
    assertThat(StoredValues.haveSameValue(bytes, stored.toBytes(new Word("ab", 2), timeMs)))
        .isFalse();
    for (int length = 6; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> stored.fromBytes(cut)).isInstanceOf(MalformedBytesException.class);
      if (length < StoredValues.valueOffset(bytes)) {
        assertThatThrownBy(() -> StoredValues.valueOffset(cut))
            .isInstanceOf(MalformedBytesException.class);
        assertThatThrownBy(() -> StoredValues.timeMs(cut))
            .isInstanceOf(MalformedBytesException.class);
      }
    }
    byte[] otherSchema = bytes.clone();
    otherSchema[2]++;
    assertThat(StoredValues.haveSameValue(bytes, otherSchema)).isFalse();
  }
}
