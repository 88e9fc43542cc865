package dev.millrace.internal.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.metrics.StageCounters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class RecordJsonTest {

  private static final JsonMapper JACKSON =
      JsonMapper.builder().addMixIn(InstanceReport.StageReport.class, Counters.class).build();

  /** Jackson's word for what is inlined. */
  private interface Counters {

    @JsonAnyGetter
    Map<String, Long> counters();
  }

  private static final Manifest FIRST = Manifest.first(new UUID(1, 2));

  private static List<Record> records() {
    Manifest.Stage stage =
        new Manifest.Stage(
            4,
            Map.of("in", "id", "other", "id-2"),
            Map.of("in", Manifest.InputKind.SHUFFLE, "other", Manifest.InputKind.TABLE),
            "changelog",
            Map.of("count", "a \"store\" of \u00e9\n", "gone", "x"),
            StoreIds.of(Set.of("count", "gone")).only(Set.of("count")),
            Set.of("sink"),
            List.of(1L, Long.MAX_VALUE),
            Map.of("table", "id-3"));
    Manifest full =
        new Manifest(
            Manifest.FORMAT,
            "uuid",
            3,
            Manifest.Phase.RESETTING,
            "run",
            2,
            Map.of("count", stage),
            true,
            Map.of("in", List.of(5L, 6L)),
            Map.of("splits", List.of()),
            Map.of("count", Map.of("in", List.of(-1L))),
            7,
            Map.of("old", stage),
            Set.of("new"));
    InstanceReport.StageReport nothingYet =
        new InstanceReport.StageReport(
            1, List.of(), Set.of(2, 1), Map.of(), null, null, null, null);
    InstanceReport.StageReport running =
        new InstanceReport.StageReport(
            2,
            List.of(new InstanceReport.TaskReport(0, List.of(1L), Long.MIN_VALUE, "ACTIVE")),
            Set.of(),
            new TreeMap<>(Map.of("recordsIn", 1L, "recordsOut", Long.MAX_VALUE)),
            List.of("table"),
            "count",
            new InstanceReport.PaceReport("BEHIND", 100, 5),
            List.of(new InstanceReport.WorkerReport("RUNNING", 7)));
    return List.of(
        FIRST,
        full,
        new Deployment(1, 2, Map.of("store", -5), Map.of("type", "class")),
        report(null, Map.of("count", nothingYet)),
        report(6_000L, Map.of("count", running)));
  }

  private static InstanceReport report(
      Long sessionMs, Map<String, InstanceReport.StageReport> stages) {
    return new InstanceReport(
        "blue",
        "job",
        "host",
        1,
        InstanceState.RUNNING.name(),
        "",
        2,
        "by signal 9",
        1_000,
        sessionMs,
        new TreeMap<>(stages),
        List.of(new InstanceReport.TableReport("table", "topic", true, 1, 2, 3, 4)),
        sessionMs == null ? null : "http://10.1.2.3:7575/");
  }

  @ParameterizedTest
  @MethodSource("records")
  void jsonIsThatOfJacksonsMapper(Record value) {
    byte[] json = RecordJson.write(value);
    assertThat(JACKSON.readTree(json))
        .isEqualTo(JACKSON.readTree(JACKSON.writeValueAsBytes(value)));
    assertThat(RecordJson.read(json, value.getClass())).isEqualTo(value);
  }

  @Test
  void whatIsUnknownIsPassedOverAndWhatIsMissingIsNothing() {
    Deployment read =
        RecordJson.read(
            bytes(
                "{\"later\":{\"a\":[1,{\"schemas\":2}]},\"schemas\":{\"x\":1},\"more\":[[],null],"
                    + "\"serializers\":{},\"generation\":4}"),
            Deployment.class);
    assertThat(read).isEqualTo(new Deployment(0, 4, Map.of("x", 1), Map.of()));
    InstanceReport report =
        RecordJson.read(bytes("{\"instance\":\"blue\",\"state\":null}"), InstanceReport.class);
    assertThat(report.instance()).isEqualTo("blue");
    assertThat(report.state()).isNull();
    assertThat(report.sessionTimeoutMs()).isNull();
    assertThat(report.tables()).isEmpty();
    assertThat(report.http()).isNull();
  }

  /** The report of a stage as it was written when it had a component for each counter. */
  private static final String EARLIER_STAGE =
      "{\"workers\":2,\"tasks\":[],\"opening\":[3],\"restoreRemaining\":9,\"recordsIn\":1,"
          + "\"recordsOut\":2,\"commits\":3,\"aborts\":4,\"lateRecords\":5,\"partlyLateRecords\":6,"
          + "\"skippedRecords\":7,\"deadLetters\":8,\"tombstones\":10,\"unmatchedRetractions\":11,"
          + "\"dividingCommits\":12,\"restoredRecords\":13,\"awaits\":[],\"heldBackBy\":null,"
          + "\"pace\":null}";

  @Test
  void countersAreReadFromReportsOfEarlierVersions() {
    InstanceReport.StageReport read =
        RecordJson.read(bytes(EARLIER_STAGE), InstanceReport.StageReport.class);
    StageCounters counters = new StageCounters(read.counters());
    assertThat(read.workers()).isEqualTo(2);
    assertThat(counters.recordsIn()).isEqualTo(1);
    assertThat(counters.aborts()).isEqualTo(4);
    assertThat(counters.restoredRecords()).isEqualTo(13);
    assertThat(counters.value("restoreRemaining")).isEqualTo(9);
    assertThat(counters.gapRecords()).as("not reported then").isZero();
    assertThat(read.doing()).as("nor was this").isNull();
    JsonNode written = JACKSON.readTree(RecordJson.write(read));
    JACKSON
        .readTree(EARLIER_STAGE)
        .properties()
        .forEach(each -> assertThat(written.get(each.getKey())).isEqualTo(each.getValue()));
  }

  @Test
  void earlierVersionsFindTheirCounters() {
    JsonNode written =
        JACKSON.readTree(
            RecordJson.write(
                new InstanceReport.StageReport(
                    1,
                    List.of(),
                    Set.of(),
                    StageMetrics.none().values(),
                    List.of(),
                    null,
                    null,
                    List.of())));
    JACKSON
        .readTree(EARLIER_STAGE)
        .propertyNames()
        .forEach(name -> assertThat(written.has(name)).as(name).isTrue());
  }

  @Test
  void noCounterHasTheNameOfAnotherComponent() {
    Set<String> counters = StageMetrics.none().values().keySet();
    Stream.of(InstanceReport.StageReport.class, JobStatus.Stage.class)
        .flatMap(type -> Stream.of(type.getRecordComponents()))
        .forEach(component -> assertThat(counters).doesNotContain(component.getName()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "7",
        "{\"resetEpoch\":",
        "{\"resetEpoch\":\"x\",\"schemas\":{},\"serializers\":{}}",
        "{\"resetEpoch\":3000000000,\"schemas\":{},\"serializers\":{}}",
        "{\"schemas\":[],\"serializers\":{}}",
        "{\"schemas\":{\"x\":{}},\"serializers\":{}}",
        "{\"schemas\":{},\"serializers\":{\"x\":1}}",
        "{\"schemas\":{},\"serializers\":{}} {}",
        "{\"schemas\":{},\"serializers\":{}"
      })
  void whatIsNotOfTheRecordIsRefused(String json) {
    assertThatThrownBy(() -> RecordJson.read(bytes(json), Deployment.class))
        .isInstanceOf(JacksonException.class);
  }

  @Test
  void aConstantThatIsNotThereIsRefused() {
    String json = new String(RecordJson.write(FIRST), StandardCharsets.UTF_8);
    String phase = '"' + FIRST.phase().name() + '"';
    assertThat(json).contains(phase);
    assertThatThrownBy(() -> RecordJson.read(bytes(json.replace(phase, "\"X\"")), Manifest.class))
        .isInstanceOf(JacksonException.class)
        .hasMessageContaining("'X' is no Phase");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
