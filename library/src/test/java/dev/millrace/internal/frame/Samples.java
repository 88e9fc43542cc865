package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Seeded values for round trips: mostly ordinary, often enough at the edge. */
final class Samples {

  private static final long[] EDGES = {
    Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, 0, 1, Long.MAX_VALUE - 1, Long.MAX_VALUE
  };

  private Samples() {}

  static long time(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> EDGES[random.nextInt(EDGES.length)];
      case 1 -> random.nextLong();
      default -> 1_790_000_000_000L + random.nextInt(100_000);
    };
  }

  static String hex(Random random, int lengthBelow) {
    return HexFormat.of().formatHex(bytes(random, lengthBelow));
  }

  static byte[] bytes(Random random, int lengthBelow) {
    byte[] bytes = new byte[random.nextInt(lengthBelow)];
    random.nextBytes(bytes);
    return bytes;
  }

  static String name(Random random) {
    String[] names = {"", "a", "words", "caf\u00e9", "\u6d41", "wordcount-count-shuffle"};
    return names[random.nextInt(names.length)];
  }

  static ChannelStatus status(Random random) {
    return ChannelStatus.values()[random.nextInt(3)];
  }

  static UUID uuid(Random random) {
    return new UUID(random.nextLong(), random.nextLong());
  }

  static List<ChannelVector> vectors(Random random) {
    List<ChannelVector> vectors = new ArrayList<>();
    int inputs = random.nextInt(3);
    for (int input = 0; input < inputs; input++) {
      List<ChannelState> channels = new ArrayList<>();
      int count = random.nextInt(random.nextInt(5) == 0 ? 70 : 5);
      for (int i = 0; i < count; i++) {
        channels.add(
            new ChannelState(status(random), random.nextInt(50) - 1, time(random), time(random)));
      }
      ChannelVector vector = new ChannelVector(input, time(random), time(random), channels);
      vectors.add(random.nextBoolean() ? vector.withOwn(time(random), time(random)) : vector);
    }
    return vectors;
  }
}
