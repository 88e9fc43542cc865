package dev.millrace.realdata;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Earthquakes in the order in which they were reported: a week of the US Geological Survey's if its
 * file is beside the project, and one that is made up.
 */
final class Catalogue {

  /**
   * An earthquake.
   *
   * @param net the network that reported it
   * @param timeMs when it was
   * @param updatedMs when the report was last changed
   * @param magnitude may be unknown
   */
  record Quake(String id, String net, long timeMs, long updatedMs, @Nullable Double magnitude) {}

  private static final String FILE = "earthquakes.geojson";
  private static final List<String> NETS = List.of("ci", "nc", "ak", "nn", "us", "pr", "uw", "hv");

  private Catalogue() {}

  /** {@return the real ones, or empty if the file is not there} */
  static Optional<List<Quake>> real() throws IOException {
    Path file = Path.of(System.getProperty("shared.data", "../../shared/data")).resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    List<Quake> quakes = new ArrayList<>();
    JsonNode features = JsonMapper.builder().build().readTree(Files.readAllBytes(file));
    for (JsonNode feature : features.get("features")) {
      JsonNode about = feature.get("properties");
      JsonNode magnitude = about.get("mag");
      quakes.add(
          new Quake(
              feature.get("id").asString(),
              about.get("net").asString(),
              about.get("time").asLong(),
              about.get("updated").asLong(),
              magnitude.isNull() ? null : magnitude.asDouble()));
    }
    return Optional.of(sorted(quakes));
  }

  /** {@return a week of the same shape, with a few unknown magnitudes} */
  static List<Quake> madeUp(long seed, int count) {
    Random random = new Random(seed);
    long beginMs = 1_517_363_399_650L;
    List<Quake> quakes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long time = beginMs + (long) (random.nextDouble() * Duration.ofDays(7).toMillis());
      // Half of them within hours, some after days.
      long delay = (long) (Duration.ofHours(1).toMillis() * Math.exp(1.2 * random.nextGaussian()));
      int net = Math.min(random.nextInt(NETS.size()), random.nextInt(NETS.size()));
      quakes.add(
          new Quake(
              "q" + i,
              NETS.get(net),
              time,
              time + delay * (random.nextInt(5) == 0 ? 30 : 1),
              random.nextInt(20) == 0 ? null : random.nextInt(700) / 100.0 - 0.5));
    }
    return sorted(quakes);
  }

  private static List<Quake> sorted(List<Quake> quakes) {
    quakes.sort(Comparator.comparingLong(Quake::updatedMs).thenComparing(Quake::id));
    return List.copyOf(quakes);
  }
}
