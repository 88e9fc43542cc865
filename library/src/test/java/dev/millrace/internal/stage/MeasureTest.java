package dev.millrace.internal.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.metrics.Metric;
import dev.millrace.metrics.StageCounters;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MeasureTest {

  @ParameterizedTest
  @EnumSource(Measure.class)
  void namesFollowTheConventionsOfPrometheus(Measure measure) {
    Metric metric = measure.metric();
    String name = metric.name();
    assertThat(name).matches("millrace(_[a-z]+)+");
    assertThat(name.endsWith("_total")).isEqualTo(metric.kind() == Metric.Kind.COUNTER);
    assertThat(name).doesNotMatch(".*_(count|sum|bucket|info|ms|millis|nanos|kb|mb)");
    String base = name.replaceFirst("_total$", "");
    assertThat(base.endsWith("_seconds")).isEqualTo(metric.unit() == Metric.Unit.SECONDS);
    assertThat(base.endsWith("_bytes")).isEqualTo(metric.unit() == Metric.Unit.BYTES);
    assertThat(metric.help()).matches("[A-Z].*\\.").doesNotContain("\n");
    assertThat(metric.labels()).startsWith("job").doesNotContain("le").doesNotHaveDuplicates();
  }

  @Test
  void namesAreUnique() {
    Set<String> names = new HashSet<>();
    Set<String> properties = new HashSet<>();
    for (Measure measure : Measure.values()) {
      assertThat(names.add(measure.metric().name())).as(measure.metric().name()).isTrue();
      assertThat(properties.add(measure.property())).as(measure.property()).isTrue();
    }
  }

  @Test
  void propertiesAreNamedAfterTheirConstants() {
    assertThat(Measure.RECORDS_IN.property()).isEqualTo("recordsIn");
    assertThat(Measure.COMMIT_TIME.property()).isEqualTo("commitTimeNanos");
  }

  /** What is counted under a constant is found under its name, and by the method of that name. */
  @Test
  void aSnapshotHasEveryValue() throws Exception {
    StageMetrics metrics = new StageMetrics();
    long number = 0;
    for (Measure measure : Measure.values()) {
      if (measure.addsUp()) {
        number++;
        if (measure.metric().kind() == Metric.Kind.COUNTER) {
          metrics.counter(measure).add(number);
        } else {
          metrics.gauge(measure).set(number);
        }
      }
    }
    StageCounters snapshot = metrics.snapshot();
    assertThat(snapshot.values().values()).doesNotHaveDuplicates().hasSize((int) number);
    assertThat(snapshot.plus(snapshot).recordsIn()).isEqualTo(2 * snapshot.recordsIn());
    List<String> methods = new ArrayList<>();
    for (Method method : StageCounters.class.getDeclaredMethods()) {
      if (method.getParameterCount() == 0 && method.getReturnType() == long.class) {
        assertThat(method.invoke(snapshot)).isEqualTo(snapshot.values().get(method.getName()));
        methods.add(method.getName());
      }
    }
    assertThat(methods).contains("recordsIn", "dividingCommits");
    assertThat(snapshot.commitTime())
        .isEqualTo(Duration.ofNanos(metrics.counter(Measure.COMMIT_TIME).count()));
  }

  @Test
  void aCellIsOfItsKind() {
    StageMetrics metrics = new StageMetrics();
    assertThatThrownBy(() -> metrics.gauge(Measure.RECORDS_IN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> metrics.counter(Measure.RESTORE_REMAINING))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void onlyWhatIsNotZeroIsPrinted() {
    StageMetrics metrics = new StageMetrics();
    metrics.counter(Measure.COMMITS).add(3);
    assertThat(metrics.snapshot()).hasToString("StageCounters[commits=3]");
  }
}
