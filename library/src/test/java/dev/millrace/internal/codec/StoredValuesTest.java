package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.SampleValues.codec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.codec.SampleValues.Word;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.serde.TypeRef;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of values in stores: format, schema, time, value. */
final class StoredValuesTest {

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
