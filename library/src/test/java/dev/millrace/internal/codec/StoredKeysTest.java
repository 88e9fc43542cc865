package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.millrace.error.MillraceException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.serde.TypeRef;
import java.time.LocalDate;
import java.util.Calendar;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Keys of maps that are kept as JSON: what is read is what was written, or it is not written. */
final class StoredKeysTest {

  /** A key by its text. */
  static class Named {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Named named && name.equals(named.name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Its text is not what its constructor takes. */
  static final class Shown extends Named {

    Shown(String name) {
      super(name);
    }

    @Override
    public String toString() {
      return "Shown " + name();
    }
  }

  /** Its constructor does not take all that it writes. */
  static final class Choosy extends Named {

    Choosy(String name) {
      super(name);
      if (name.contains("-")) {
        throw new IllegalArgumentException("no hyphens");
      }
    }

    @Override
    public String toString() {
      return name().replace('+', '-');
    }
  }

  static final class Annotated extends Named {

    @JsonCreator
    Annotated(String name) {
      super(name);
    }

    @JsonValue
    String text() {
      return name();
    }

    @Override
    public String toString() {
      return "Annotated " + name();
    }
  }

  record Point(int x, int y) {

    static Point valueOf(String text) {
      String[] parts = text.split(",", -1);
      return new Point(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public String toString() {
      return x + "," + y;
    }
  }

  @SuppressWarnings("unchecked") // it is the codec of the type
  private static <T> T roundTrip(TypeRef<T> type, T value) {
    ValueCodec<T> codec =
        (ValueCodec<T>) ValueCodecs.forType(type.type(), new InMemorySchemaBook());
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    byte[] bytes = out.toByteArray();
    return codec.decode(bytes, 0, bytes.length);
  }

  private static <T> void checkRoundTrip(TypeRef<T> type, T value) {
    assertThat(roundTrip(type, value)).isEqualTo(value);
  }

  private static <K> ConcurrentHashMap<K, Long> map(K key) {
    return new ConcurrentHashMap<>(Map.of(key, 1L));
  }

  @Test
  void keysThatAreMadeOfTheirTextComeBack() {
    checkRoundTrip(new TypeRef<ConcurrentHashMap<String, Long>>() {}, map("a\uD83D\uDE00"));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Named, Long>>() {}, map(new Named("a")));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Choosy, Long>>() {}, map(new Choosy("a")));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Annotated, Long>>() {}, map(new Annotated("a")));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Point, Long>>() {}, map(new Point(1, -2)));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Long, Long>>() {}, map(5L));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Locale, Long>>() {}, map(Locale.GERMANY));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<Character, Long>>() {}, map('\u00e4'));
    checkRoundTrip(new TypeRef<ConcurrentHashMap<UUID, Long>>() {}, map(new UUID(1, 2)));
    checkRoundTrip(
        new TypeRef<ConcurrentHashMap<LocalDate, Long>>() {}, map(LocalDate.of(2026, 1, 2)));
    checkRoundTrip(
        new TypeRef<EnumMap<TimeUnit, Long>>() {}, new EnumMap<>(Map.of(TimeUnit.DAYS, 1L)));
  }

  @Test
  void keysThatWouldComeBackAsOthersAreRefused() {
    checkRefused(
        new TypeRef<ConcurrentHashMap<Shown, Long>>() {},
        map(new Shown("a")),
        "a Shown as the key of a map is written by its toString ('Shown a')");
    checkRefused(
        new TypeRef<ConcurrentHashMap<Choosy, Long>>() {},
        map(new Choosy("a+b")),
        "no equal one is made when it is read");
    checkRefused(
        new TypeRef<ConcurrentHashMap<Locale, Long>>() {},
        map(Locale.forLanguageTag("zh-Hans-CN")),
        "a Locale as the key of a map is written by its toString ('zh_CN_#Hans')");
  }

  static final class Holder {
    public Map<String, Long> byName = new TreeMap<>();
    public Map<Shown, Long> byShown = Map.of();
  }

  @Test
  void halvesOfSurrogatePairsAreRefused() {
    for (String text : List.of("\uD83D", "\uDE00", "a\uD83Db", "\uDE00\uD83D")) {
      checkRefused(
          new TypeRef<ConcurrentHashMap<String, Long>>() {}, map(text), "half of a surrogate pair");
      checkRefused(
          new TypeRef<ConcurrentHashMap<Character, Long>>() {},
          map(text.charAt(text.length() - 1) == 'b' ? '\uDC00' : text.charAt(0)),
          "half of a surrogate pair");
      Holder holder = new Holder();
      holder.byName.put(text, 1L);
      checkRefused(TypeRef.of(Holder.class), holder, "half of a surrogate pair");
    }
  }

  @Test
  void theKeysInsideOfAnObjectAreChecked() {
    Holder holder = new Holder();
    holder.byName.put("a", 1L);
    assertThat(Objects.requireNonNull(roundTrip(TypeRef.of(Holder.class), holder).byName))
        .isEqualTo(holder.byName);
    holder.byShown = Map.of(new Shown("a"), 1L);
    checkRefused(TypeRef.of(Holder.class), holder, "Shown as the key of a map");
  }

  private static <T> void checkRefused(TypeRef<T> type, T value, String reason) {
    assertThatThrownBy(() -> roundTrip(type, value))
        .isInstanceOf(MillraceException.class)
        .hasMessageStartingWith("Cannot encode a ")
        .hasMessageContaining(reason);
  }

  @Test
  void keysOfWhichTheTextHasOnlyAPartAreRefused() {
    assertThatThrownBy(
            () ->
                ValueCodecs.forType(
                    new TypeRef<ConcurrentHashMap<Calendar, Long>>() {}.type(),
                    new InMemorySchemaBook()))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("Calendar would come back without its time zone");
  }
}
