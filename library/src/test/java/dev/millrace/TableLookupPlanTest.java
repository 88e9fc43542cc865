package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What joins of a stream with a table are compiled to, and what is refused. */
final class TableLookupPlanTest {

  record Activity(String userId, String what) {}

  record Profile(String user, String country) {}

  record Enriched(Activity activity, Profile profile) {}

  private final Job job = Job.named("job");
  private final DataStream<Activity> activity =
      job.source(KafkaSource.json("activity", Activity.class).watermarks(Watermarks.monotonous()));
  private final Table<String, Profile> profiles =
      job.source(KafkaSource.json("updates", Profile.class))
          .toTable(Profile::user)
          .name("profiles");

  private PhysicalPlan compiled() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  @Test
  void planShowsWhatIsShuffledAndHowItIsJoined() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .inner(Enriched::new)
        .name("enriched")
        .to(KafkaSink.json("enriched"));
    assertThat(PlanPrinter.text(compiled()))
        .isEqualTo(
            """
            job job

            stage activity  (group job.activity)
              reads   topic activity, event time with watermarks
              writes  shuffle job.enriched.stream.shuffle by java.lang.String

            stage updates  (group job.updates)
              reads   topic updates, without watermarks: windows go by processing time
              writes  shuffle job.profiles.shuffle by java.lang.String, partial aggregates

            stage profiles  (group job.profiles)
              reads   shuffle job.profiles.shuffle
              step    profiles: newest row of each key
              writes  shuffle job.enriched.table.shuffle by java.lang.String
              keeps   job.profiles.changelog

            stage enriched  (group job.enriched)
              reads   shuffle job.enriched.stream.shuffle
              reads   shuffle job.enriched.table.shuffle
              step    enriched: lookup inner, as of now
              step    kafka-enriched: topic enriched
              keeps   job.enriched.changelog
            """);
  }

  @Test
  void planShowsWhichTablesAreAwaited() {
    Table<String, Profile> topic =
        job.table(KafkaTable.json("profile-rows", String.class, Profile.class));
    Table<String, String> countries = topic.mapValues(Profile::country);
    activity
        .join(countries)
        .on(Activity::userId)
        .left(String.class, (each, country) -> country)
        .name("enriched")
        .to(KafkaSink.strings("enriched"));
    assertThat(PlanPrinter.text(compiled()))
        .contains(
            """
              reads   shuffle job.enriched.stream.shuffle, after what stood in profile-rows at the\
             first start
              reads   shuffle job.enriched.table.shuffle
            """);
    assertThat(PlanPrinter.json(compiled()))
        .containsPattern("\"awaits\" : \\[ \"profile-rows\" \\]");
  }

  @Test
  void noTableIsAwaitedThatAStreamMakesOrItsOwnReaders() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .left(String.class, (each, profile) -> "")
        .to(KafkaSink.strings("out"));
    Table<String, Profile> topic =
        job.table(KafkaTable.json("profile-rows", String.class, Profile.class));
    topic
        .changes()
        .join(topic)
        .on(change -> change.key())
        .left(String.class, (change, profile) -> "")
        .to(KafkaSink.strings("out"));
    Table<String, Profile> other =
        job.table(KafkaTable.json("other-rows", String.class, Profile.class));
    Table<String, Profile> another =
        job.table(KafkaTable.json("another-rows", String.class, Profile.class));
    other
        .changes()
        .join(another)
        .on(change -> change.key())
        .left(String.class, (change, profile) -> "")
        .to(KafkaSink.strings("out"));
    another
        .changes()
        .join(other)
        .on(change -> change.key())
        .left(String.class, (change, profile) -> "")
        .to(KafkaSink.strings("out"));
    assertThat(PlanPrinter.text(compiled())).doesNotContain("at the first start");
    assertThat(PlanPrinter.json(compiled())).doesNotContain("awaits");
  }

  @Test
  void onlyNewRowsTravelSoThatOldOnesAreNotRead() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .left(String.class, (each, profile) -> "")
        .to(KafkaSink.strings("out"));
    StageOperator table = compiled().stage("profiles").steps().get(0).operator();
    assertThat(((StageAggregate) table).needsBefore()).isFalse();
    profiles.changes().map(String::valueOf).to(KafkaSink.strings("changes"));
    StagePlan stage = compiled().stage("profiles");
    StageOperator withChanges = stage.steps().get(stage.steps().size() - 1).operator();
    assertThat(((StageAggregate) withChanges).needsBefore()).isTrue();
  }

  @Test
  void theTableNeitherNeedsWatermarksNorDoTheyTravel() {
    DataStream<String> joined =
        activity
            .join(profiles)
            .on(Activity::userId)
            .inner((each, profile) -> profile.country())
            .name("joined");
    joined
        .keyBy(country -> country)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .count()
        .name("per-minute")
        .map(String::valueOf)
        .to(KafkaSink.strings("out"));
    PhysicalPlan plan = compiled();
    assertThat(PlanPrinter.text(plan)).contains("window tumbling").contains(" in event time");
    assertThat(granularityMs(plan, "activity")).isEqualTo(60_000);
    assertThat(granularityMs(plan, "profiles")).isEqualTo(Long.MAX_VALUE);
  }

  private static long granularityMs(PhysicalPlan plan, String stage) {
    return plan.stage(stage).outputs().get(0).granularityMs().eventMs();
  }

  @Test
  void aStreamWhoseKeyIsNotKnownToBeTheSameIsShuffled() {
    activity
        .keyBy(Activity::userId)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .count()
        .name("counts")
        .keyBy(result -> result.key())
        .join(profiles)
        .inner(String.class, (count, profile) -> profile.country())
        .name("joined")
        .to(KafkaSink.strings("out"));
    // A lambda may take any key.
    assertThat(compiled().stage("joined").inputs()).hasSize(2);
  }

  @Test
  void aTableThatLiesByTheKeyIsShuffledSoThatItsTimeHoldsNothingBack() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .inner((each, profile) -> profile.country())
        .name("joined")
        .to(KafkaSink.strings("out"));
    StagePlan joined = compiled().stage("joined");
    assertThat(joined.inputs())
        .extracting(StageInput::topic)
        .containsExactly("job.joined.stream.shuffle", "job.joined.table.shuffle");
    assertThat(joined.inputs()).extracting(joined::goesByTimeOf).containsExactly(true, false);
    assertThat(joined.localKeys()).isEmpty();
  }

  @Test
  void whatTravelsOfTheTableIsTheRow() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .inner((each, profile) -> profile.country())
        .to(KafkaSink.strings("out"));
    ShuffleEdge edge = compiled().stage("profiles").outputs().get(0);
    assertThat(edge.valueType().getTypeName()).contains("Upserted").contains("Profile");
  }

  @Test
  void theNumberOfTasksIsThatOfBothSides() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .parallelism(5)
        .inner((each, profile) -> profile.country())
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThat(compiled().stage("joined").parallelism()).hasValue(5);
  }

  @Test
  void theKeyOfTheStreamIsOfTheTypeOfTheTables() {
    // What the lambda returns is not to be seen, and need not be.
    KeyedStreamTableJoin<String, Activity, Profile> join =
        activity.join(profiles).on(each -> Map.of("user", each.userId()).get("user"));
    join.left((each, profile) -> each.what()).name("joined").to(KafkaSink.strings("out"));
    assertThat(compiled().stage("activity").outputs().get(0).keyType()).isEqualTo(String.class);
  }

  // ------------------------------------------------------------------ as of event time

  private Table<String, Profile> versioned() {
    return job.source(
            KafkaSource.json("versions", Profile.class).watermarks(Watermarks.monotonous()))
        .toTable(Profile::user);
  }

  @Test
  void aTableThatIsOnlyLookedUpAsOfEventTimeIsKeptOnce() {
    activity
        .join(versioned())
        .on(Activity::userId)
        .asOfEventTime()
        .left(String.class, (each, profile) -> each.what())
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThat(PlanPrinter.text(compiled()))
        .contains(
            """
            stage versions  (group job.versions)
              reads   topic versions, event time with watermarks
              writes  shuffle job.joined.table.shuffle by java.lang.String

            """)
        .contains(
            """
            stage joined  (group job.joined)
              reads   shuffle job.joined.stream.shuffle
              reads   shuffle job.joined.table.shuffle
              step    joined: temporal lookup left, as of event time
              step    kafka-out: topic out
              keeps   job.joined.changelog
            """)
        .doesNotContain("versions-latest");
  }

  @Test
  void aTableThatOthersReadIsThereBesides() {
    Table<String, Profile> table = versioned();
    activity
        .join(table)
        .on(Activity::userId)
        .asOfEventTime()
        .inner((each, profile) -> each.what())
        .name("joined")
        .to(KafkaSink.strings("out"));
    table.to(KafkaSink.upsert("profiles"));
    assertThat(compiled().stages())
        .extracting(StagePlan::name)
        .contains("versions", "versions-latest", "joined");
    StagePlan joined = compiled().stage("joined");
    assertThat(joined.inputs()).extracting(joined::goesByTimeOf).containsExactly(true, true);
    assertThat(granularityMs(compiled(), "activity")).isEqualTo(1);
    assertThat(joined.holdsBackMs()).isZero();
  }

  @Test
  void aTableWithoutWatermarksIsRefused() {
    activity
        .join(profiles)
        .on(Activity::userId)
        .asOfEventTime()
        .inner((each, profile) -> each.what())
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'joined'")
        .hasMessageContaining("a source of its table side has no watermarks. Add .watermarks(")
        .hasMessageContaining("leave .asOfEventTime() out");
  }

  @Test
  void theTableOfATopicIsRefusedWithoutWatermarksHoweverItIsMade() {
    Table<String, Profile> topic = job.table(KafkaTable.json("topic", String.class, Profile.class));
    Table<String, Profile> timed =
        job.table(
            KafkaTable.json("timed", String.class, Profile.class)
                .watermarks(Watermarks.monotonous()));
    activity
        .join(timed.join(topic).inner((one, other) -> one))
        .on(Activity::userId)
        .asOfEventTime()
        .left(String.class, (each, profile) -> "")
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a source of its table side has no watermarks. Add .watermarks(");
  }

  /** What changes by the clock has no time of its own. */
  @Test
  void aTableOfWindowsByTheClockIsRefusedByEventTime() {
    Table<String, Long> perMinute =
        activity
            .keyBy(Activity::userId)
            .window(Windows.tumbling(Duration.ofMinutes(1)).inProcessingTime())
            .count()
            .keyBy(result -> result.key())
            .sum(result -> result.value());
    activity
        .join(perMinute)
        .on(Activity::userId)
        .asOfEventTime()
        .left(String.class, (each, count) -> "")
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("its table side");
  }

  @Test
  void theTableOfATopicIsKeptOnceIfItIsOnlyLookedUpAsOfEventTime() {
    Table<String, Profile> topic =
        job.table(
            KafkaTable.json("topic", String.class, Profile.class)
                .watermarks(Watermarks.monotonous()));
    activity
        .join(topic)
        .on(Activity::userId)
        .asOfEventTime()
        .left(String.class, (each, profile) -> "")
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThat(compiled().stage("topic").steps()).isEmpty();
    assertThat(compiled().stage("topic").keepsChangelog()).isFalse();
    topic.changes().map(String::valueOf).to(KafkaSink.strings("changes"));
    assertThat(compiled().stage("topic").keepsChangelog()).isTrue();
  }

  // ------------------------------------------------------------------ refused

  @Test
  void aStreamByAnotherKeyIsRefused() {
    @SuppressWarnings({"unchecked", "rawtypes"}) // what a program without types may do
    Table<Integer, Profile> byNumber = (Table) profiles;
    assertThatThrownBy(() -> activity.keyBy(each -> each.what().length()).join(byNumber))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("java.lang.Integer, and java.lang.String in the table")
        .hasMessageContaining("stream.join(table).on(...)");
  }

  @Test
  void aTableOfAnotherJobIsRefused() {
    Table<String, Profile> foreign =
        Job.named("other").source(KafkaSource.json("p", Profile.class)).toTable(Profile::user);
    assertThatThrownBy(() -> activity.join(foreign))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different jobs (job, other)");
    assertThatThrownBy(() -> activity.keyBy(Activity::userId).join(foreign))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different jobs (job, other)");
  }

  @Test
  void theNumberOfTasksIsAskedForBeforeTheKind() {
    DataStream<String> joined =
        activity.join(profiles).on(Activity::userId).inner((each, profile) -> each.what());
    assertThatThrownBy(() -> joined.parallelism(2))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(".on(...).parallelism(...)");
  }

  @Test
  void aTypeThatTheFunctionDoesNotShowIsAskedFor() {
    DataStream<List<String>> joined =
        activity.join(profiles).on(Activity::userId).left((each, profile) -> List.of(each.what()));
    assertThatThrownBy(() -> joined.keyBy(list -> list.get(0)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("left(TheType.class, ...)");
  }
}
