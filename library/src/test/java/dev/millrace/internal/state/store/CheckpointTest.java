package dev.millrace.internal.state.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.util.MalformedBytesException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class CheckpointTest {

  private static final Checkpoint CHECKPOINT =
      new Checkpoint(0x0102030405060708L, -2, 0x1122334455L, 77, 1_700_000_000_000L, 3);
  private static final String GOLDEN =
      "02"
          + "0102030405060708fffffffffffffffe"
          + "0000001122334455"
          + "000000000000004d"
          + "0000018bcfe56800"
          + "00000003";

  @Test
  void theStoredFormStaysAsItIs() {
    assertThat(HexFormat.of().formatHex(CHECKPOINT.toBytes())).isEqualTo(GOLDEN);
    assertThat(Checkpoint.fromBytes(HexFormat.of().parseHex(GOLDEN))).isEqualTo(CHECKPOINT);
  }

  @Test
  void bytesThatAreNotACheckpointAreRefused() {
    byte[] bytes = CHECKPOINT.toBytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Checkpoint.fromBytes(cut))
          .isInstanceOf(MalformedBytesException.class);
    }
    assertThatThrownBy(() -> Checkpoint.fromBytes(Arrays.copyOf(bytes, bytes.length + 1)))
        .isInstanceOf(MalformedBytesException.class);
    bytes[0] = 1;
    assertThatThrownBy(() -> Checkpoint.fromBytes(bytes))
        .isInstanceOf(MalformedBytesException.class);
  }
}
