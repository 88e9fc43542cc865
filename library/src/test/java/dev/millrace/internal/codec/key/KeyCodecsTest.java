package dev.millrace.internal.codec.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

final class KeyCodecsTest {

  enum Color {
    RED,
    GREEN,
    BLUE
  }

  private record Point(int x, int y) {}

  private record Place(String country, String city, Point at) {}

  private record Of<T>(T part, long number) {}

  private record Loop(String name, Loop next) {}

  private record Every(
      boolean flag,
      byte tiny,
      short small,
      Integer medium,
      long large,
      UUID id,
      Instant at,
      LocalDate day,
      String text,
      byte[] bytes,
      Color color) {}

  private static final String ALPHABET = "\0\1ab\u007f\u00e4\u20ac";

  @SuppressWarnings("unchecked")
  private static <K> KeyCodec<K> codec(Type type) {
    return (KeyCodec<K>) KeyCodecs.forType(type);
  }

  private static <K> byte[] bytes(KeyCodec<K> codec, K key) {
    ByteWriter out = new ByteWriter();
    codec.encode(key, out);
    return out.toByteArray();
  }

  private static <K> String hex(Type type, K key) {
    return HexFormat.of().formatHex(bytes(KeyCodecsTest.<K>codec(type), key));
  }

  @Test
  void bytesAreForEver() {
    assertThat(hex(String.class, "a\0\u00e4")).isEqualTo("6100c3a4");
    assertThat(hex(byte[].class, new byte[] {0, -1})).isEqualTo("00ff");
    assertThat(hex(Boolean.class, true)).isEqualTo("01");
    assertThat(hex(Byte.class, (byte) -1)).isEqualTo("7f");
    assertThat(hex(Short.class, (short) 1)).isEqualTo("8001");
    assertThat(hex(Integer.class, -1)).isEqualTo("7fffffff");
    assertThat(hex(Long.class, 5L)).isEqualTo("8000000000000005");
    assertThat(hex(UUID.class, new UUID(1, -1))).isEqualTo("8000000000000001" + "7fffffffffffffff");
    assertThat(hex(Instant.class, Instant.ofEpochSecond(1, 2)))
        .isEqualTo("8000000000000001" + "00000002");
    assertThat(hex(LocalDate.class, LocalDate.of(2026, 3, 4))).isEqualTo("800007ea" + "03" + "04");
    assertThat(hex(Color.class, Color.RED)).isEqualTo("524544" + "0000");
    assertThat(hex(Place.class, new Place("d\0", "", new Point(1, -1))))
        .isEqualTo("6400ff" + "0000" + "0000" + "80000001" + "7fffffff");
  }

  @Test
  void aWholeTextEqualsWhatKafkasSerializerWrites() {
    try (StringSerializer kafka = new StringSerializer()) {
      for (String text : List.of("", "word", "M\u00fcller", "\uD83D\uDE00", "a\0b")) {
        assertThat(bytes(KeyCodecs.forClass(String.class), text))
            .isEqualTo(kafka.serialize("topic", text));
      }
    }
  }

  @Test
  void orderOfBytesIsTheNaturalOrder() {
    checkOrder(Boolean.class, Random::nextBoolean, Comparator.naturalOrder());
    checkOrder(Byte.class, r -> (byte) r.nextInt(), Comparator.<Byte>naturalOrder());
    checkOrder(Short.class, r -> (short) r.nextInt(), Comparator.<Short>naturalOrder());
    checkOrder(Integer.class, KeyCodecsTest::integer, Comparator.naturalOrder());
    checkOrder(Long.class, KeyCodecsTest::number, Comparator.naturalOrder());
    checkOrder(UUID.class, r -> new UUID(number(r), number(r)), Comparator.<UUID>naturalOrder());
    checkOrder(
        Instant.class,
        r -> Instant.ofEpochSecond(r.nextInt(5) - 2, r.nextInt(3)),
        Comparator.<Instant>naturalOrder());
    checkOrder(
        LocalDate.class,
        r -> LocalDate.of(r.nextInt(7) - 3, 1 + r.nextInt(12), 1 + r.nextInt(28)),
        LocalDate::compareTo);
    checkOrder(String.class, KeyCodecsTest::text, Comparator.naturalOrder());
    checkOrder(Color.class, r -> Color.values()[r.nextInt(3)], Comparator.comparing(Enum::name));
    checkOrder(
        Place.class,
        r -> new Place(text(r), text(r), new Point(integer(r), integer(r))),
        Comparator.comparing(Place::country)
            .thenComparing(Place::city)
            .thenComparing(p -> p.at().x())
            .thenComparing(p -> p.at().y()));
    checkOrder(
        new TypeRef<Of<String>>() {}.type(),
        r -> new Of<>(text(r), number(r)),
        Comparator.comparing((Of<String> o) -> o.part()).thenComparing(Of::number));
  }

  private static <K> void checkOrder(
      Type type, Function<Random, K> generator, Comparator<K> order) {
    KeyCodec<K> codec = codec(type);
    long seed = 4711;
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      K left = generator.apply(random);
      K right = generator.apply(random);
      byte[] leftBytes = bytes(codec, left);
      byte[] rightBytes = bytes(codec, right);
      assertThat(Integer.signum(Arrays.compareUnsigned(leftBytes, rightBytes)))
          .as("%s: %s, %s, seed %d, round %d", type, left, right, seed, i)
          .isEqualTo(Integer.signum(order.compare(left, right)));
      assertThat(codec.decode(leftBytes, 0, leftBytes.length)).isEqualTo(left);
    }
  }

  private static int integer(Random random) {
    return random.nextBoolean() ? random.nextInt(5) - 2 : random.nextInt();
  }

  private static long number(Random random) {
    return random.nextBoolean() ? random.nextInt(5) - 2 : random.nextLong();
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(5);
    for (int i = 0; i < length; i++) {
      text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }

  @Test
  void noRecordsBytesAreTheBeginningOfAnothers() {
    KeyCodec<Of<String>> codec = codec(new TypeRef<Of<String>>() {}.type());
    long seed = 99;
    Random random = new Random(seed);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      all.add(bytes(codec, new Of<>(text(random), random.nextInt(2))));
    }
    for (byte[] left : all) {
      for (byte[] right : all) {
        boolean begins =
            left.length <= right.length
                && Arrays.equals(left, 0, left.length, right, 0, left.length);
        assertThat(begins && left.length < right.length).as("seed %d", seed).isFalse();
      }
    }
  }

  @Test
  void aRecordOfEveryTypeComesBack() {
    KeyCodec<Every> codec = KeyCodecs.forClass(Every.class);
    Every key =
        new Every(
            true,
            (byte) -3,
            (short) 300,
            -70_000,
            1L << 40,
            new UUID(3, 4),
            Instant.parse("2026-01-02T03:04:05.000000006Z"),
            LocalDate.of(-5, 2, 1),
            "t\0\0x",
            new byte[] {0, 0, 1, -1},
            Color.BLUE);
    byte[] bytes = bytes(codec, key);
    byte[] shifted = new byte[bytes.length + 7];
    System.arraycopy(bytes, 0, shifted, 3, bytes.length);

    Every read = codec.decode(shifted, 3, bytes.length);

    assertThat(read).usingRecursiveComparison().isEqualTo(key);
  }

  @Test
  void bytesOfAnyLengthAreEscapedAndComeBack() {
    long seed = 5;
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      byte[] left = someBytes(random);
      byte[] right = someBytes(random);
      ByteWriter out = new ByteWriter();
      EscapedBytes.write(left, 0, left.length, out);
      int middle = out.size();
      EscapedBytes.write(right, 0, right.length, out);
      ByteReader in = new ByteReader(out.toByteArray());
      assertThat(EscapedBytes.read(in)).as("seed %d", seed).isEqualTo(left);
      assertThat(EscapedBytes.read(in)).as("seed %d", seed).isEqualTo(right);
      assertThat(in.remaining()).isZero();
      assertThat(
              Integer.signum(
                  Arrays.compareUnsigned(out.array(), 0, middle, out.array(), middle, out.size())))
          .as("seed %d", seed)
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(left, right)));
    }
  }

  private static byte[] someBytes(Random random) {
    byte[] bytes = new byte[random.nextInt(6)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) new int[] {0, 0, 1, 127, 255}[random.nextInt(5)];
    }
    return bytes;
  }

  @Test
  void refusesWhatHasNoOrder() {
    for (Type type :
        List.of(
            Double.class,
            Object.class,
            List.class,
            new TypeRef<List<String>>() {}.type(),
            Of.class,
            Loop.class,
            Thread.class)) {
      assertThatThrownBy(() -> KeyCodecs.forType(type))
          .isInstanceOf(TypeInferenceException.class)
          .hasMessageContaining("as a key")
          .hasMessageContaining("or a record of those");
    }
  }

  @Test
  void refusesNullComponentsAndHalfCharacters() {
    KeyCodec<Place> places = KeyCodecs.forClass(Place.class);
    assertThatThrownBy(() -> bytes(places, new Place("de", null, new Point(1, 2))))
        .hasMessageContaining("component city of Place is null");
    KeyCodec<String> texts = KeyCodecs.forClass(String.class);
    assertThatThrownBy(() -> bytes(texts, "a\uD83D")).hasMessageContaining("surrogate");
    assertThat(bytes(texts, "\u00e4?")).hasSize(3);
  }

  @Test
  void malformedBytesAreReportedAsSuch() {
    KeyCodec<Every> codec = KeyCodecs.forClass(Every.class);
    long seed = 17;
    Random random = new Random(seed);
    Every key =
        new Every(
            true,
            (byte) 1,
            (short) 2,
            3,
            4,
            new UUID(5, 6),
            Instant.EPOCH,
            LocalDate.EPOCH,
            "text",
            new byte[] {0, 1},
            Color.GREEN);
    byte[] good = bytes(codec, key);
    for (int i = 0; i < 5000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 3));
      if (bad.length > 0) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        codec.decode(bad, 0, bad.length);
      } catch (MalformedBytesException expected) {
        assertThat(expected).hasMessageStartingWith("Cannot read");
      }
    }
  }

  private record Positive(int number) {
    Positive {
      if (number < 0) {
        throw new IllegalArgumentException("it is negative");
      }
    }
  }

  @Test
  void whatTheConstructorRefusesIsTheJobsFailure() {
    ByteWriter out = new ByteWriter();
    KeyCodecs.forClass(Integer.class).encode(-1, out);
    assertThatThrownBy(() -> KeyCodecs.forClass(Positive.class).decode(out.array(), 0, out.size()))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("it is negative");
  }
}
