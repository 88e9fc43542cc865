package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.SampleValues.bytes;
import static dev.millrace.internal.codec.SampleValues.codec;
import static dev.millrace.internal.codec.SampleValues.scalars;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.MillraceException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.codec.SampleValues.Arrays5;
import dev.millrace.internal.codec.SampleValues.Circle;
import dev.millrace.internal.codec.SampleValues.Color;
import dev.millrace.internal.codec.SampleValues.Containing;
import dev.millrace.internal.codec.SampleValues.Failed;
import dev.millrace.internal.codec.SampleValues.Group;
import dev.millrace.internal.codec.SampleValues.Known;
import dev.millrace.internal.codec.SampleValues.Nested;
import dev.millrace.internal.codec.SampleValues.Nothing;
import dev.millrace.internal.codec.SampleValues.Ok;
import dev.millrace.internal.codec.SampleValues.Open;
import dev.millrace.internal.codec.SampleValues.Pair;
import dev.millrace.internal.codec.SampleValues.Pojo;
import dev.millrace.internal.codec.SampleValues.Primitives8;
import dev.millrace.internal.codec.SampleValues.Result;
import dev.millrace.internal.codec.SampleValues.Scalars;
import dev.millrace.internal.codec.SampleValues.Shape;
import dev.millrace.internal.codec.SampleValues.Sharp;
import dev.millrace.internal.codec.SampleValues.Square;
import dev.millrace.internal.codec.SampleValues.Tree;
import dev.millrace.internal.codec.SampleValues.Unmakeable;
import dev.millrace.internal.codec.SampleValues.Wide;
import dev.millrace.internal.codec.SampleValues.WithPojo;
import dev.millrace.internal.codec.SampleValues.Word;
import dev.millrace.internal.codec.SampleValues.Wrappers;
import dev.millrace.internal.codec.SampleValues.Zoned;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Values that are written come back; what could not be read back is refused. */
final class ValueCodecsTest {

  private static <T> T roundTrip(ValueCodec<T> codec, T value) {
    byte[] bytes = bytes(codec, value);
    byte[] shifted = new byte[bytes.length + 5];
    System.arraycopy(bytes, 0, shifted, 2, bytes.length);
    return codec.decode(shifted, 2, bytes.length);
  }

  private static <T> void checkRoundTrip(TypeRef<T> type, T value) {
    assertThat(roundTrip(codec(type), value)).usingRecursiveComparison().isEqualTo(value);
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
    checkRefused(Object.class, "Object does not show what it contains");
    checkRefused(Number.class, "Number does not show what it contains");
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

  /** Text that was cut between two characters of UTF-16 has them. */
  @Test
  void halvesOfSurrogatePairsComeBack() {
    for (String text :
        List.of(
            "\uD83D",
            "\uDE00",
            "a\uD83D",
            "\uDE00b?\u00e4",
            "\uDE00\uD83D",
            "\uD83D\uD83D\uDE00\uDE00",
            "\uD83D?\uFFFD\uDE00",
            "\uFFFD?\u20ac\uD7FF\uE000\uD83D\uDE00")) {
      checkRoundTrip(TypeRef.of(String.class), text);
      checkRoundTrip(TypeRef.of(Word.class), new Word(text, 1));
      checkRoundTrip(TypeRef.of(Pojo.class), pojo(text));
    }
    ValueCodec<Set<String>> sets = codec(new TypeRef<Set<String>>() {});
    assertThat(roundTrip(sets, Set.of("\uD83D", "\uD83E", "?"))).hasSize(3);
  }

  private static Pojo pojo(String name) {
    Pojo pojo = new Pojo();
    pojo.name = name;
    return pojo;
  }

  @Test
  void randomTextComesBack() {
    ValueCodec<String> codec = codec(TypeRef.of(String.class));
    char[] units = {'a', '?', '\u00e4', '\uD7FF', '\uD83D', '\uDBFF', '\uDE00', '\uFFFD', '\0'};
    long seed = 11;
    Random random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(8); k > 0; k--) {
        text.append(units[random.nextInt(units.length)]);
      }
      assertThat(roundTrip(codec, text.toString()))
          .as("seed %d, round %d", seed, i)
          .isEqualTo(text.toString());
    }
  }

  record Waiting(Queue<String> queue, Deque<String> deque) {}

  @Test
  void queuesWithNullsComeBack() {
    Waiting value =
        new Waiting(
            new LinkedList<>(Arrays.asList("a", null)), new LinkedList<>(Arrays.asList(null, "b")));
    Waiting read = roundTrip(codec(TypeRef.of(Waiting.class)), value);
    assertThat(read.queue()).containsExactly("a", null);
    assertThat(read.deque()).containsExactly(null, "b");
  }

  @Test
  void queuesThatSortAreRefusedWhereTheirOrderWouldBeLost() {
    ValueCodec<Waiting> codec = codec(TypeRef.of(Waiting.class));
    Waiting sorted = new Waiting(new PriorityQueue<>(List.of("b", "a", "c")), null);
    assertThatThrownBy(() -> bytes(codec, sorted)).hasMessageContaining("a PriorityQueue");

    ValueCodec<PriorityQueue<String>> queues = codec(new TypeRef<PriorityQueue<String>>() {});
    PriorityQueue<String> natural = new PriorityQueue<>(List.of("b", "a", "c"));
    assertThat(roundTrip(queues, natural).poll()).isEqualTo("a");
    PriorityQueue<String> backwards = new PriorityQueue<>(Comparator.reverseOrder());
    backwards.add("a");
    assertThatThrownBy(() -> bytes(queues, backwards)).hasMessageContaining("comparator");
  }

  static final class Large {
    public BigInteger number = BigInteger.ZERO;
    public BigDecimal decimal = BigDecimal.ZERO;
    public Map<String, Long> byName = Map.of();
  }

  /** The JSON library has limits for what it reads that it does not have for what it writes. */
  @Test
  void whatIsKeptAsJsonComesBackHoweverLongItsPartsAre() {
    Large large = new Large();
    large.number = BigInteger.TEN.pow(3_000).subtract(BigInteger.ONE);
    large.decimal = new BigDecimal(large.number, 1_500);
    large.byName = Map.of("n".repeat(70_000), 1L);
    checkRoundTrip(TypeRef.of(Large.class), large);
  }

  record Link(long number, Link next) {}

  private static Link chain(int length) {
    Link chain = null;
    for (int i = 0; i < length; i++) {
      chain = new Link(i, chain);
    }
    return chain;
  }

  /** Compiled code would write more than a JVM that has just started can read. */
  @Test
  void valuesInsideOfThemselvesHaveALimit() {
    ValueCodec<Link> codec = codec(TypeRef.of(Link.class));
    for (int i = 0; i < 3; i++) {
      Link read = roundTrip(codec, chain(500));
      int length = 0;
      for (Link at = read; at != null; at = at.next()) {
        length++;
      }
      assertThat(length).isEqualTo(500);
      assertThatThrownBy(() -> bytes(codec, chain(502)))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("Cannot encode a Link: it is nested too deeply");
    }
    List<Link> many = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      many.add(chain(2));
    }
    assertThat(roundTrip(codec(new TypeRef<List<Link>>() {}), many)).isEqualTo(many);
  }
}
