package dev.millrace.internal.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metrics.Metric;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.MetricName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ClientMeasureTest {

  private record Figure(MetricName metricName, Object metricValue)
      implements org.apache.kafka.common.Metric {}

  private final Map<MetricName, Figure> figures = new HashMap<>();

  private void figure(ClientMeasure measure, String clientId, Object value) {
    String[] name = measure.kafkaName().split(" ");
    MetricName key = new MetricName(name[1], name[0], "any", Map.of("client-id", clientId));
    figures.put(key, new Figure(key, value));
  }

  @ParameterizedTest
  @EnumSource(ClientMeasure.class)
  void namesFollowTheConventionsOfPrometheus(ClientMeasure measure) {
    Metric metric = measure.metric();
    String name = metric.name();
    assertThat(name).matches("kafka_(consumer|producer)(_[a-z]+)+");
    assertThat(name.endsWith("_total")).isEqualTo(metric.kind() == Metric.Kind.COUNTER);
    String base = name.replaceFirst("_total$", "");
    assertThat(base.endsWith("_seconds")).isEqualTo(metric.unit() == Metric.Unit.SECONDS);
    assertThat(base.endsWith("_bytes")).isEqualTo(metric.unit() == Metric.Unit.BYTES);
    assertThat(metric.help()).matches("[A-Z].*\\.").doesNotContain("\n");
    assertThat(metric.labels()).containsExactly("job", "stage", "worker");
    assertThat(measure.kafkaName().endsWith("-total"))
        .isEqualTo(metric.kind() == Metric.Kind.COUNTER);
  }

  @Test
  void namesAreUnique() {
    Set<String> names = new HashSet<>();
    for (ClientMeasure measure : ClientMeasure.values()) {
      assertThat(names.add(measure.metric().name())).as(measure.metric().name()).isTrue();
    }
  }

  @Test
  void valuesAreInTheUnitOfTheMetric() {
    figure(ClientMeasure.FETCH_LATENCY_AVG, "w", 250.0);
    figure(ClientMeasure.BUFFER_WAIT_TIME, "w", 2e9);
    figure(ClientMeasure.LAST_HEARTBEAT_AGE, "w", 3.0);
    figure(ClientMeasure.CONSUMED_BYTES, "w", 4.0);
    assertThat(ClientMeasure.FETCH_LATENCY_AVG.value(figures, "w")).hasValue(0.25);
    assertThat(ClientMeasure.BUFFER_WAIT_TIME.value(figures, "w")).hasValue(2);
    assertThat(ClientMeasure.LAST_HEARTBEAT_AGE.value(figures, "w")).hasValue(3);
    assertThat(ClientMeasure.CONSUMED_BYTES.value(figures, "w")).hasValue(4);
  }

  @Test
  void whatAClientDoesNotKnowHasNoValue() {
    figure(ClientMeasure.RECORDS_LAG_MAX, "w", Double.NaN);
    figure(ClientMeasure.LAST_HEARTBEAT_AGE, "w", -1.0);
    figure(ClientMeasure.FETCH_SIZE_AVG, "w", "text");
    figure(ClientMeasure.REBALANCES, "another", 3.0);
    for (ClientMeasure measure : ClientMeasure.values()) {
      assertThat(measure.value(figures, "w")).as(measure.name()).isEmpty();
    }
  }
}
