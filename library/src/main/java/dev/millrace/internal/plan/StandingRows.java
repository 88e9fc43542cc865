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
import java.util.stream.Stream;

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

  /** The wait of a stage for the ends of tables, in a job that runs to the end of its input. */
  private static final class EndWait {

    /** The topics of what waits until then. */
    final Set<String> streams = new TreeSet<>();

    /** The sources that are held back while it does. */
    final Set<String> streamSources = new TreeSet<>();

    /**
     * The sources that have to come to their ends: those of the tables, and those of which a wait
     * has to be over that holds one of these back.
     */
    final Set<String> needed = new TreeSet<>();
  }

  private final PhysicalPlan plan;
  private final Map<String, Set<String>> sources = new HashMap<>();

  /** The sources whose records bring results of a stage about. */
  private final Map<String, Set<String>> drivers = new HashMap<>();

  private final Map<String, Lookup> waiting = new HashMap<>();
  private final Set<String> loading = new HashSet<>();

  /** The waits for the ends of tables, whatever these are made of. */
  private final List<EndWait> endWaits = new ArrayList<>();

  private StandingRows(PhysicalPlan plan) {
    this.plan = plan;
    for (StagePlan stage : plan.stages()) {
      sources.put(stage.name(), sourcesOf(stage, sources, input -> true));
      drivers.put(stage.name(), sourcesOf(stage, drivers, stage::goesByTimeOf));
    }
    List<Lookup> lookups = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      addEndWaits(stage);
      Lookup lookup = lookup(stage);
      if (!lookup.edges().isEmpty()) {
        lookups.add(lookup);
      }
    }
    spreadNeeds();
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

  /**
   * A look-up waits in its stage. With an end, a stage is also not begun before the job has made
   * the tables that instances have whole.
   */
  private void addEndWaits(StagePlan stage) {
    EndWait within = new EndWait();
    EndWait before = new EndWait();
    for (StageInput input : stage.inputs()) {
      if (stage.goesByTimeOf(input)) {
        addStream(within, stage, input);
      } else if (input instanceof StageInput.Shuffled table) {
        within.needed.addAll(sourcesBefore(table));
      }
      addStream(before, stage, input);
    }
    for (Broadcast table : stage.lookedUp()) {
      if (table.ofUser().isEmpty()) {
        before.needed.addAll(sources.getOrDefault(plan.writerOf(table).name(), Set.of()));
      }
    }
    Stream.of(within, before).filter(wait -> !wait.needed.isEmpty()).forEach(endWaits::add);
  }

  private void addStream(EndWait wait, StagePlan stage, StageInput input) {
    wait.streams.add(input.topic());
    wait.streamSources.addAll(
        input instanceof StageInput.Shuffled shuffled
            ? drivers.getOrDefault(shuffled.edge().from(), Set.of())
            : Set.of(stage.name()));
  }

  /** A source that is needed may be held back by another wait, which then has to be over too. */
  private void spreadNeeds() {
    boolean again = true;
    while (again) {
      again = false;
      for (EndWait wait : endWaits) {
        for (EndWait other : endWaits) {
          if (!Collections.disjoint(wait.needed, other.streamSources)) {
            again |= wait.needed.addAll(List.copyOf(other.needed));
          }
        }
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
        streamSources.addAll(drivers.getOrDefault(shuffled.edge().from(), Set.of()));
        continue;
      }
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
   * {@return whether, in a job that runs to the end of its input, what comes by an edge may have to
   * wait for what a source has still to send into a table}
   */
  public boolean mayAwait(StagePlan source, ShuffleEdge edge) {
    return endWaits.stream()
        .anyMatch(
            wait -> wait.streams.contains(edge.topic()) && wait.needed.contains(source.name()));
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
