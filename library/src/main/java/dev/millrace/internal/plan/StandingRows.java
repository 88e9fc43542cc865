package dev.millrace.internal.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The rows that stand in the topics of tables when a job is first started, and the look-ups that
 * wait for them.
 *
 * <p>A table that is looked up as of now is waited for if nothing but topics of tables feeds it,
 * directly or through other stages: those have an end at the start, which all their readers come
 * to. What a source of records feeds has none.
 *
 * <p>While a look-up waits, the sources of its stream are held back once enough of their records
 * wait as well. So a table does not wait for itself: where the sources of a table feed the stream
 * too, and where two look-ups would have to wait for each other, records are looked up at once. The
 * rows that another look-up finds do not feed its results: they bring none about.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class StandingRows {

  /** A stage that looks up tables. */
  private record Lookup(
      StagePlan stage, Set<String> streamSources, Set<String> tableSources, List<String> edges) {

    /** Whether the rows that this one waits for may be held back while another waits. */
    boolean isHeldBackBy(Lookup other) {
      return !Collections.disjoint(tableSources, other.streamSources);
    }
  }

  private final PhysicalPlan plan;
  private final Map<String, Set<String>> sources = new HashMap<>();

  /** The sources whose records bring results of a stage about. */
  private final Map<String, Set<String>> drivers = new HashMap<>();

  private final Map<String, Lookup> waiting = new HashMap<>();
  private final Set<String> loading = new HashSet<>();

  /** The sources of all tables that are looked up as they are, whatever these are made of. */
  private final Set<String> sourcesOfTables = new HashSet<>();

  /** The topics of what may have to wait until it is looked up in them. */
  private final Set<String> streams = new HashSet<>();

  private StandingRows(PhysicalPlan plan) {
    this.plan = plan;
    for (StagePlan stage : plan.stages()) {
      sources.put(stage.name(), sourcesOf(stage, sources, input -> true));
      drivers.put(stage.name(), sourcesOf(stage, drivers, stage::goesByTimeOf));
    }
    List<Lookup> lookups = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      addBroadcasts(stage);
      Lookup lookup = lookup(stage);
      if (!lookup.edges().isEmpty()) {
        lookups.add(lookup);
      }
    }
    for (Lookup lookup : lookups) {
      if (!waitsForItself(lookup, lookups)) {
        waiting.put(lookup.stage().name(), lookup);
        for (StageInput input : lookup.stage().inputs()) {
          if (lookup.edges().contains(input.topic())) {
            addLoading(((StageInput.Shuffled) input).edge().from());
          }
        }
      }
    }
  }

  /** {@return those of a job} */
  public static StandingRows of(PhysicalPlan plan) {
    return new StandingRows(plan);
  }

  /** To be asked stage by stage: they come after those that they read from. */
  private static Set<String> sourcesOf(
      StagePlan stage, Map<String, Set<String>> before, Predicate<StageInput> counts) {
    Set<String> found = new TreeSet<>();
    for (StageInput input : stage.inputs()) {
      if (counts.test(input)) {
        found.addAll(
            input instanceof StageInput.Shuffled shuffled
                ? before.getOrDefault(shuffled.edge().from(), Set.of())
                : Set.of(stage.name()));
      }
    }
    return found;
  }

  /** With an end, a stage is not begun before the job has made the tables that instances have. */
  private void addBroadcasts(StagePlan stage) {
    for (Broadcast table : stage.lookedUp()) {
      if (table.ofUser().isEmpty()) {
        sourcesOfTables.addAll(sources.getOrDefault(plan.writerOf(table).name(), Set.of()));
        stage.inputs().forEach(input -> streams.add(input.topic()));
      }
    }
  }

  private Set<String> sourcesBefore(StageInput.Shuffled input) {
    return sources.getOrDefault(input.edge().from(), Set.of());
  }

  private Lookup lookup(StagePlan stage) {
    Set<String> streamSources = new TreeSet<>();
    Set<String> tableSources = new TreeSet<>();
    List<String> edges = new ArrayList<>();
    boolean looksUp = !stage.inputs().stream().allMatch(stage::goesByTimeOf);
    for (StageInput input : stage.inputs()) {
      if (!looksUp || !(input instanceof StageInput.Shuffled shuffled)) {
        continue;
      }
      if (stage.goesByTimeOf(input)) {
        streams.add(input.topic());
        streamSources.addAll(drivers.getOrDefault(shuffled.edge().from(), Set.of()));
        continue;
      }
      sourcesOfTables.addAll(sourcesBefore(shuffled));
      if (!sourcesBefore(shuffled).isEmpty()
          && sourcesBefore(shuffled).stream().allMatch(this::readsTable)) {
        tableSources.addAll(sourcesBefore(shuffled));
        edges.add(input.topic());
      }
    }
    return new Lookup(stage, streamSources, tableSources, edges);
  }

  private boolean readsTable(String source) {
    return plan.stage(source).inputs().get(0) instanceof StageInput.Kafka kafka
        && kafka.source().isTable();
  }

  private static boolean waitsForItself(Lookup lookup, List<Lookup> all) {
    Set<Lookup> reached = new HashSet<>();
    List<Lookup> next = new ArrayList<>(List.of(lookup));
    while (!next.isEmpty()) {
      Lookup one = next.remove(next.size() - 1);
      for (Lookup other : all) {
        if (one.isHeldBackBy(other) && reached.add(other)) {
          next.add(other);
        }
      }
    }
    return reached.contains(lookup);
  }

  private void addLoading(String stage) {
    if (loading.add(stage)) {
      for (StageInput input : plan.stage(stage).inputs()) {
        if (input instanceof StageInput.Shuffled shuffled) {
          addLoading(shuffled.edge().from());
        }
      }
    }
  }

  /** {@return whether others wait for the rows that a stage has read, or makes of such} */
  public boolean areLoadedBy(StagePlan stage) {
    return loading.contains(stage.name());
  }

  /** {@return whether a stage waits for the rows that come by an input} */
  public boolean areAwaited(StagePlan stage, StageInput input) {
    Lookup lookup = waiting.get(stage.name());
    return lookup != null && lookup.edges().contains(input.topic());
  }

  /**
   * {@return whether, in a job that runs to the end of its input, the reader of an edge may wait
   * for what a source has still to send into a table}
   */
  public boolean mayAwait(StagePlan source, ShuffleEdge edge) {
    return sourcesOfTables.contains(source.name()) && streams.contains(edge.topic());
  }

  /** {@return the topics for whose rows a stage waits} */
  public List<String> topics(StagePlan stage) {
    Lookup lookup = waiting.get(stage.name());
    return lookup == null ? List.of() : topics(lookup.tableSources());
  }

  /** {@return the topics that feed the tables which a stage looks up as of now} */
  public List<String> topicsOfTables(StagePlan stage) {
    Set<String> found = new TreeSet<>();
    for (StageInput input : stage.inputs()) {
      if (input instanceof StageInput.Shuffled shuffled && !stage.goesByTimeOf(input)) {
        found.addAll(sourcesBefore(shuffled));
      }
    }
    return topics(found);
  }

  private List<String> topics(Set<String> ofSources) {
    return ofSources.stream()
        .map(source -> plan.stage(source).inputs().get(0).topic())
        .distinct()
        .toList();
  }
}
