package dev.millrace.internal.launch;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.broadcast.BroadcastReader;
import dev.millrace.internal.broadcast.BroadcastRows;
import dev.millrace.internal.broadcast.TableEnd;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.deploy.ProgramVersion;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.StageTables;
import dev.millrace.internal.util.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tables of a job that every instance has whole, as one instance starts with them.
 *
 * <p>In a bounded run a table is read up to an end as well: one from a user's topic to the end that
 * was agreed on, any other to the end of the stage that writes it.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
final class BroadcastTables {

  private final PhysicalPlan plan;
  private final StageCodecs ofState;
  private final StageCodecs inMemory;
  private final BroadcastReader reader;
  private final Map<String, BroadcastRows> rows = new LinkedHashMap<>();

  /** Creates the tables of those stages that the instance serves. */
  BroadcastTables(
      Cluster cluster,
      PhysicalPlan plan,
      MetaTopic meta,
      Manifest manifest,
      Map<String, TopicState> topics,
      StageCodecs codecs,
      ProgramVersion version,
      Clock clock) {
    this.plan = plan;
    this.ofState = codecs;
    // Their bytes never leave the process, so that nobody needs their schemas.
    this.inMemory = new StageCodecs(new InMemorySchemaBook(), new SerdeTypes(plan.serdeTypes()));
    String clientId = plan.job() + "-" + manifest.run() + "-tables";
    // Nobody sees in the groups that the instance is there, so that the job may change meanwhile.
    Runnable beforeUse =
        () -> {
          meta.refresh();
          version.check();
        };
    this.reader =
        new BroadcastReader(plan.job(), clientId, cluster, clock, plan.serdes(), beforeUse);
    AuxiliaryCalls calls = new AuxiliaryCalls(clientId, clock);
    for (StagePlan stage : plan.stages()) {
      if (cluster.config().runsStage(stage.name())) {
        for (Broadcast table : stage.lookedUp()) {
          rows.computeIfAbsent(
              table.name(),
              name ->
                  reader.add(
                      table,
                      StageCodecs.keys(table.keyType()),
                      values(table),
                      Objects.requireNonNull(topics.get(table.topic())),
                      end(table, meta, manifest, calls)));
        }
      }
    }
  }

  private ValueCodec<Object> values(Broadcast table) {
    return (table.ofUser().isPresent() ? inMemory : ofState).values(table.rowType());
  }

  private TableEnd end(Broadcast table, MetaTopic meta, Manifest manifest, AuxiliaryCalls calls) {
    if (!manifest.bounded()) {
      return new TableEnd.AtStart();
    }
    if (table.ofUser().isPresent()) {
      Map<Integer, Long> agreed = manifest.endsOf(table.topic());
      // A version that looks up one table more may join a run: nothing was agreed on for that one.
      return agreed.isEmpty() ? new TableEnd.AtStart() : new TableEnd.Agreed(agreed);
    }
    String writer = plan.writerOf(table).name();
    return new TableEnd.OfStage(
        () ->
            calls.run("look for announcements of finished tasks", meta::refresh)
                && meta.hasFinished(manifest, writer));
  }

  /** {@return the reader of all tables} */
  BroadcastReader reader() {
    return reader;
  }

  /** {@return what a stage has to do with them} */
  StageTables of(StagePlan stage) {
    Map<String, StageTables.LookedUp> lookedUp = new HashMap<>();
    for (Broadcast table : stage.lookedUp()) {
      BroadcastRows known = rows.get(table.name());
      if (known != null) {
        lookedUp.put(table.name(), new StageTables.LookedUp(known, values(table)));
      }
    }
    Map<String, StageTables.Written> written = new HashMap<>();
    for (Broadcast table : stage.broadcasts()) {
      written.put(
          table.name(), new StageTables.Written(StageCodecs.keys(table.keyType()), values(table)));
    }
    return new StageTables(lookedUp, written);
  }

  /**
   * Checks that rows of all tables can be kept.
   *
   * @throws TypeInferenceException if those of a type cannot
   * @throws ConfigurationException if a key has a serde
   */
  static void check(PhysicalPlan plan) {
    StageCodecs codecs =
        new StageCodecs(new InMemorySchemaBook(), new SerdeTypes(plan.serdeTypes()));
    for (Broadcast table : plan.broadcasts()) {
      try {
        codecs.values(table.rowType());
      } catch (TypeInferenceException e) {
        throw new TypeInferenceException(
            "Cannot start job '"
                + plan.job()
                + "', broadcast table '"
                + table.name()
                + "': "
                + e.getMessage(),
            e);
      }
    }
  }

  /**
   * Checks that a bounded run can come to an end: a stage begins when the tables that it looks up
   * are complete, so that these must not come from what it emits.
   *
   * @throws ConfigurationException if one does
   */
  static void checkEnds(PhysicalPlan plan) {
    for (StagePlan stage : plan.stages()) {
      for (Broadcast table : stage.lookedUp()) {
        if (table.ofUser().isEmpty()
            && waitsFor(plan, plan.writerOf(table), stage.name(), new HashSet<>())) {
          throw new ConfigurationException(
              "Cannot run job '"
                  + plan.job()
                  + "' up to the end of its input: stage '"
                  + stage.name()
                  + "' looks up table '"
                  + table.name()
                  + "', which is made of what the stage itself emits, and each would wait for the"
                  + " other to end. Put .rebalance() before the join, so that it is made in another"
                  + " stage; or run without until.end",
              Place.ofJob(plan.job()).withStage(stage.name()),
              null);
        }
      }
    }
  }

  /** Whether a stage cannot end before another has begun. */
  private static boolean waitsFor(
      PhysicalPlan plan, StagePlan stage, String other, Set<String> seen) {
    if (stage.name().equals(other)) {
      return true;
    }
    if (!seen.add(stage.name())) {
      return false;
    }
    Stream<StagePlan> upstream =
        stage.inputs().stream()
            .filter(StageInput.Shuffled.class::isInstance)
            .map(input -> plan.stage(((StageInput.Shuffled) input).edge().from()));
    Stream<StagePlan> writers =
        stage.lookedUp().stream().filter(table -> table.ofUser().isEmpty()).map(plan::writerOf);
    return Stream.concat(upstream, writers).anyMatch(each -> waitsFor(plan, each, other, seen));
  }
}
