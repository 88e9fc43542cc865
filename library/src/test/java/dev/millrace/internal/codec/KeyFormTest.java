package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import org.junit.jupiter.api.Test;

final class KeyFormTest {

  enum Color {
    RED,
    GREEN,
    BLUE
  }

  private record Of<T>(T part, long number) {}

  private record Address(String street, int number) {}

  private record Renamed(String road, int house) {}

  private record Reordered(int number, String street) {}

  private record Grown(String street, int number, boolean flat) {}

  private record Wider(String street, long number) {}

  private record Around(Address address) {}

  private record ByColor(Color color) {}

  private record ByText(String color) {}

  private record Only<T>(T part) {}

  /** What a form finds that another one has written is what has the same bytes. */
  @Test
  void formsFindEachOthersKeysIfTheBytesAreTheSame() {
    assertThat(finds(Address.class, Address.class)).isTrue();
    assertThat(finds(Address.class, Renamed.class)).isTrue();
    assertThat(finds(Address.class, Around.class)).isTrue();
    assertThat(finds(ByColor.class, ByText.class)).isTrue();
    assertThat(finds(Color.class, ByText.class)).isTrue();
    assertThat(finds(String.class, String.class)).isTrue();
    assertThat(finds(Long.class, new TypeRef<Only<Long>>() {}.type())).isTrue();
    assertThat(finds(new TypeRef<Of<String>>() {}.type(), new TypeRef<Of<String>>() {}.type()))
        .isTrue();
    assertThat(finds(Address.class, Reordered.class)).isFalse();
    assertThat(finds(Address.class, Grown.class)).isFalse();
    assertThat(finds(Grown.class, Address.class)).isFalse();
    assertThat(finds(Address.class, Wider.class)).isFalse();
    assertThat(finds(Integer.class, Long.class)).isFalse();
    assertThat(finds(new TypeRef<Of<String>>() {}.type(), new TypeRef<Of<byte[]>>() {}.type()))
        .isFalse();
    // Text that is a whole key has no end, within a record it has.
    assertThat(finds(String.class, ByText.class)).isFalse();
    assertThat(finds(ByText.class, String.class)).isFalse();
    assertThat(finds(String.class, Color.class)).isFalse();
    assertThat(finds(byte[].class, new TypeRef<Only<byte[]>>() {}.type())).isFalse();
    assertThat(finds(byte[].class, String.class)).isFalse();
  }

  private static boolean finds(Type written, Type now) {
    SchemaBook book = new InMemorySchemaBook();
    int before = new KeyForm(written, book).schemaId();
    try {
      new KeyForm(now, book).checkReads(before);
      return true;
    } catch (IncompatibleJobException e) {
      assertThat(e).hasMessageContaining("Cannot find what is stored: keys were written as ");
      return false;
    }
  }
}
