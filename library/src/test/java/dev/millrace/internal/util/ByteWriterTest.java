package dev.millrace.internal.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ByteWriterTest {

  private final ByteWriter writer = new ByteWriter(16);

  @Test
  void whatIsFilledInBeforehandIsTakenAsWritten() {
    writer.writeByte(1);
    writer.ensure(2);
    writer.array()[1] = 2;
    writer.array()[2] = 3;
    writer.advance(2);
    writer.advance(0);
    writer.writeByte(4);
    assertThat(writer.toByteArray()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void itAdvancesNeitherBackNorBeyondTheArray() {
    writer.writeByte(1);
    int room = writer.array().length - 1;
    assertThatThrownBy(() -> writer.advance(room + 1)).hasMessageContaining("Cannot advance");
    assertThatThrownBy(() -> writer.advance(-1)).hasMessageContaining("Cannot advance");
    writer.advance(room);
    assertThat(writer.size()).isEqualTo(room + 1);
  }
}
