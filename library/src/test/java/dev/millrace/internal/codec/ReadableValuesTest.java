package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Values that were written with classes are read without them. */
final class ReadableValuesTest {

  enum Colour {
    RED,
    GREEN
  }

  sealed interface Shape permits Circle, Nothing {}

  record Circle(double radius) implements Shape {}

  record Nothing() implements Shape {}

  record Everything(
      String name,
      long count,
      Integer maybe,
      Colour colour,
      BigDecimal price,
      Instant at,
      byte[] raw,
      List<String> tags,
      Map<String, Integer> sizes,
      Optional<String> note,
      Shape shape,
      Everything inner) {}

  @Test
  void everyKindOfValueIsReadBySchemaAlone() {
    Everything inner =
        new Everything(null, 0, null, null, null, null, null, null, null, null, null, null);
    Everything value =
        new Everything(
            "a",
            7,
            3,
            Colour.GREEN,
            new BigDecimal("1.50"),
            Instant.parse("2026-01-31T00:00:00Z"),
            new byte[] {1, 2},
            Arrays.asList("x", null),
            Map.of("s", 1),
            Optional.of("n"),
            new Circle(2),
            inner);
    assertThat(read(value, Everything.class))
        .hasToString(
            "{name=a, count=7, maybe=3, colour=GREEN, price=1.50, at=2026-01-31T00:00:00Z,"
                + " raw=0x0102, tags=[x, null], sizes={s=1}, note=n, shape={Circle={radius=2.0}},"
                + " inner={name=null, count=0, maybe=null, colour=null, price=null, at=null,"
                + " raw=null, tags=null, sizes=null, note=null, shape=null, inner=null}}");
    assertThat(read(new Nothing(), Shape.class)).hasToString("{Nothing={}}");
    assertThat(read("word", String.class)).isEqualTo("word");
    assertThat(read(5L, Long.class)).isEqualTo(5L);
    assertThat(read(List.of(1, 2), new TypeRef<List<Integer>>() {}.type()))
        .isEqualTo(List.of(1, 2));
  }

  @Test
  void whatDoesNotFitIsRefused() {
    InMemorySchemaBook book = new InMemorySchemaBook();
    ValueCodec<Object> codec = codec(Circle.class, book);
    ReadableValues reader = new ReadableValues(book.lookup(codec.schemaId()));
    assertThatThrownBy(() -> reader.read(new byte[3], 0, 3))
        .isInstanceOf(MalformedBytesException.class);
    assertThatThrownBy(() -> reader.read(new byte[9], 0, 9))
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContaining("radius");
  }

  @SuppressWarnings("unchecked") // the tests pass values of the type
  private static ValueCodec<Object> codec(Type type, SchemaBook book) {
    return (ValueCodec<Object>) ValueCodecs.forType(type, book);
  }

  private static Object read(Object value, Type type) {
    InMemorySchemaBook book = new InMemorySchemaBook();
    ValueCodec<Object> codec = codec(type, book);
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    byte[] bytes = out.toByteArray();
    return new ReadableValues(book.lookup(codec.schemaId())).read(bytes, 0, bytes.length);
  }
}
