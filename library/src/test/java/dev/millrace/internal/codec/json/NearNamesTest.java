package dev.millrace.internal.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class NearNamesTest {

  @Test
  void namesInBytesAreNearAsTheirTextIsAndShareAShape() {
    long seed = 5;
    Random random = new Random(seed);
    int near = 0;
    for (int round = 0; round < 50_000; round++) {
      String a = name(random);
      String b = name(random);
      byte[] bytes = ("." + a).getBytes(StandardCharsets.US_ASCII);
      byte[] name = b.getBytes(StandardCharsets.US_ASCII);
      boolean isNear = NearNames.areNear(a, b);
      assertThat(NearNames.areNear(bytes, 1, bytes.length, name))
          .as("%s, %s", a, b)
          .isEqualTo(isNear || a.equals(b) && !a.isEmpty());
      if (isNear) {
        near++;
        assertThat(NearNames.shape(bytes, 1, bytes.length))
            .as("%s, %s", a, b)
            .isEqualTo(NearNames.shape(name, 0, name.length));
      }
    }
    assertThat(near).isGreaterThan(500);
    assertThat(NearNames.areNear("userId", "USER-ID_")).isTrue();
    assertThat(NearNames.areNear("userId", "userIds")).isFalse();
  }

  private static String name(Random random) {
    StringBuilder name = new StringBuilder();
    for (int length = random.nextInt(5); length > 0; length--) {
      name.append("aAbB_-1".charAt(random.nextInt(7)));
    }
    return name.toString();
  }
}
