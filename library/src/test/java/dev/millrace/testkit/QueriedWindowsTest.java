package dev.millrace.testkit;

import static dev.millrace.testkit.QueryRig.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.testkit.QueryRig.Reading;
import dev.millrace.window.Emission;
import dev.millrace.window.Triggers;
import dev.millrace.window.Window;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes out of the stores of windows. */
final class QueriedWindowsTest {

  private static final Instant LONG_AGO = Instant.EPOCH;
  private static final Instant FAR = START.plus(Duration.ofDays(1));

  private final QueryRig rig = new QueryRig();

  @AfterEach
  void killAll() {
    rig.killAll();
  }

  /** The windows of a key, by how they begin and end in seconds since the start. */
  private Map<String, Object> windows(String store, String key, Instant from, Instant to) {
    Map<String, Object> shown = new LinkedHashMap<>();
    for (StateRow<Object, Object> row :
        rig.windows(store, key, StateScan.all().between(from, to))) {
      assertThat(row.key()).isEqualTo(key);
      shown.put(shown(row.window().orElseThrow()), row.value());
    }
    return shown;
  }

  private static String shown(Window window) {
    return Duration.between(START, window.start()).toSeconds()
        + "-"
        + Duration.between(START, window.end()).toSeconds();
  }

  private Map<String, Object> windows(String store, String key) {
    return windows(store, key, LONG_AGO, FAR);
  }

  private Job windowed(WindowSpec<Object> windows) {
    Job job = Job.named("job");
    QueryRig.timed(job)
        .keyBy(Reading::sensor)
        .window(windows)
        .sum(Reading::value)
        .name("sums")
        .map(result -> result.key())
        .to(KafkaSink.strings("out"));
    return job;
  }

  @Test
  void windowsThatDoNotOverlapHaveWhatIsInThemSoFar() {
    rig.start(windowed(Windows.tumbling(Duration.ofSeconds(10))));
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 2, 2);
    rig.sendReading("b", 3, 4);
    rig.sendReading("a", 15, 8);
    rig.pass();
    assertThat(windows("sums", "a")).isEqualTo(Map.of("10-20", 8L));
    rig.sendReading("a", 31, 16);
    rig.sendReading("b", 31, 16);
    rig.sendReading("a", 2031, 32);
    rig.pass();
    // The last one has made the others final.
    assertThat(windows("sums", "a")).isEqualTo(Map.of("2030-2040", 32L));
    assertThat(windows("sums", "b")).isEmpty();
    assertThat(windows("sums", "a", LONG_AGO, START.plusSeconds(2030))).isEmpty();
    assertThat(windows("sums", "a", START.plusSeconds(2030), START.plusSeconds(2031))).hasSize(1);
    assertThat(windows("sums", "a", START.plusSeconds(2031), FAR)).isEmpty();
    assertThatThrownBy(() -> rig.value("sums", "a"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("windows(key, from, to)");
  }

  @Test
  void manyWindowsAreReadPageByPage() {
    Job job = Job.named("job");
    QueryRig.timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .allowedLateness(Duration.ofDays(10))
        .sum(Reading::value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    rig.start(job);
    Map<String, Object> expected = new LinkedHashMap<>();
    for (int i = 0; i < 300; i++) {
      boolean gap = i > 100 && i < 250;
      if (!gap) {
        rig.sendReading("a", 10L * i, i);
        expected.put(10 * i + "-" + 10 * (i + 1), (long) i);
      }
      rig.sendReading("b", 10L * i, i);
    }
    rig.pass();
    assertThat(windows("sums", "a")).containsExactlyEntriesOf(expected);
    LocalQuery<String, Long> query = rig.queries().of("sums", String.class, Long.class);
    assertThat(rig.scan(query, StateScan.all().prefix("a"))).hasSize(expected.size());
    assertThat(
            rig.scan(query, StateScan.all().between(START.plusSeconds(20), START.plusSeconds(40))))
        .hasSize(4);
    assertThat(windows("sums.emitted", "a")).hasSize(expected.size() - 1);
  }

  @Test
  void windowsThatOverlapArePutTogetherAndGoWhenTheyFire() {
    rig.start(windowed(Windows.sliding(Duration.ofSeconds(20), Duration.ofSeconds(10))));
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 12, 2);
    rig.sendReading("a", 25, 4);
    rig.pass();
    // Event time is at 25: two windows have fired, whose slices are there for a third.
    assertThat(windows("sums", "a")).isEqualTo(Map.of("10-30", 6L, "20-40", 4L));
    assertThat(windows("sums", "a", START.plusSeconds(15), FAR)).isEqualTo(Map.of("20-40", 4L));
    assertThatThrownBy(
            () -> rig.queries().of("sums", String.class, Long.class).scanned(StateScan.all()))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void windowsThatOverlapAndCanBeCorrectedStayUntilTheirLatenessIsOver() {
    Job job = Job.named("job");
    QueryRig.timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.sliding(Duration.ofSeconds(20), Duration.ofSeconds(10)))
        .allowedLateness(Duration.ofSeconds(10))
        .emit(Emission.onUpdate())
        .sum(Reading::value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    rig.start(job);
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 12, 2);
    rig.sendReading("a", 25, 4);
    rig.pass();
    assertThat(windows("sums", "a")).isEqualTo(Map.of("0-20", 3L, "10-30", 6L, "20-40", 4L));
    assertThat(windows("sums.emitted", "a"))
        .isEqualTo(Map.of("0-20", 3L, "10-30", 6L, "20-40", 4L));
  }

  /** Their slices went with the lateness of the version before. */
  @Test
  void windowsThatWereGoneWhenTheirLatenessWasRaisedStayGone() {
    rig.start(corrected(Duration.ofSeconds(5)));
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 12, 2);
    rig.sendReading("a", 25, 4);
    rig.sendReading("a", 35, 8);
    rig.pass();
    Map<String, Object> open = Map.of("20-40", 12L, "30-50", 8L);
    assertThat(windows("sums", "a")).isEqualTo(open);
    rig.stop();

    rig.start(corrected(Duration.ofSeconds(60)));
    rig.pass();
    assertThat(windows("sums", "a")).isEqualTo(open);
    rig.sendReading("a", 61, 16);
    rig.pass();
    assertThat(windows("sums", "a"))
        .as("what is kept for longer now")
        .isEqualTo(Map.of("20-40", 12L, "30-50", 8L, "50-70", 16L, "60-80", 16L));
  }

  private Job corrected(Duration lateness) {
    Job job = Job.named("job");
    QueryRig.timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.sliding(Duration.ofSeconds(20), Duration.ofSeconds(10)))
        .allowedLateness(lateness)
        .sum(Reading::value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    return job;
  }

  @Test
  void sessionsAreWindowsOfTheirOwn() {
    rig.start(windowed(Windows.session(Duration.ofSeconds(5))));
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 3, 2);
    rig.sendReading("b", 5, 4);
    rig.pass();
    assertThat(windows("sums", "a")).isEqualTo(Map.of("1-8", 3L));
    assertThat(rig.rows("sums", String.class, Long.class))
        .extracting(StateRow::key)
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void panesRunFromTheirFirstRecordToTheirLast() {
    Job job = Job.named("job");
    QueryRig.timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.global(Triggers.count(3)))
        .sum(Reading::value)
        .name("sums")
        .map(result -> result.key())
        .to(KafkaSink.strings("out"));
    rig.start(job);
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 3, 2);
    rig.pass();
    Window pane = new Window(START.plusSeconds(1), START.plusSeconds(3).plusMillis(1));
    assertThat(rig.rows("sums", String.class, Long.class))
        .containsExactly(new StateRow<>("a", Optional.of(pane), 3L));
    assertThat(windows("sums", "a")).isEqualTo(Map.of("1-3", 3L));
  }

  @Test
  void storesAreListedWithWhatTheyHave() {
    rig.start(windowed(Windows.session(Duration.ofSeconds(5))));
    assertThat(rig.queries().stores())
        .extracting(StateStoreInfo::name, StateStoreInfo::kind)
        .containsExactly(
            tuple("sums", StateStoreInfo.Kind.WINDOWS),
            tuple("sums.timers", StateStoreInfo.Kind.INTERNAL));
    StateQuery<Object, Object> query = rig.store("sums/sums");
    assertThat(query.store()).isEqualTo("sums");
  }
}
