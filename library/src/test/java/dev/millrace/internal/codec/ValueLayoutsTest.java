package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.SampleValues.bytes;
import static dev.millrace.internal.codec.SampleValues.codec;
import static dev.millrace.internal.codec.SampleValues.scalars;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.codec.SampleValues.Color;
import dev.millrace.internal.codec.SampleValues.Nothing;
import dev.millrace.internal.codec.SampleValues.Pojo;
import dev.millrace.internal.codec.SampleValues.Primitives8;
import dev.millrace.internal.codec.SampleValues.Scalars;
import dev.millrace.internal.codec.SampleValues.Shape;
import dev.millrace.internal.codec.SampleValues.Square;
import dev.millrace.internal.codec.SampleValues.Word;
import dev.millrace.internal.codec.SampleValues.Wrappers;
import dev.millrace.serde.TypeRef;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The bytes of values and of schemas, which are for ever. */
final class ValueLayoutsTest {

  private static <T> String hex(TypeRef<T> type, T value) {
    return HexFormat.of().formatHex(bytes(codec(type), value));
  }

  @Test
  void bytesAreForEver() {
    assertThat(hex(TypeRef.of(String.class), "ab")).isEqualTo("02" + "6162");
    assertThat(hex(TypeRef.of(String.class), "a\uD83D")).isEqualTo("04" + "61" + "eda0bd");
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
  void jsonSchemaIdIsForEver() {
    assertThat(Integer.toHexString(codec(TypeRef.of(Pojo.class)).schemaId())).isEqualTo("a057a836");
  }

  @Test
  void schemaIdDependsOnTheContentAlone() {
    record First(String word, long count) {}
    record Second(String word, int count) {}
    int id = SampleValues.<Word>codec(Word.class).schemaId();
    assertThat(SampleValues.<First>codec(First.class).schemaId()).isEqualTo(id);
    assertThat(SampleValues.<Second>codec(Second.class).schemaId()).isNotEqualTo(id);
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
}
