package dev.millrace.internal.kafka;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The decision which member of a stage's group runs which task.
 *
 * <p><b>Threads.</b> Stateless; one instance per decision, confined to the calling thread.
 */
public final class TaskPlacement {

  /*
   * The idea: fix first how many tasks each member gets, then let everybody keep what it has up to
   * that number, then hand out the rest to where its state is.
   *
   * I1 (balance). Members differ by at most one task. The T mod M larger shares are spread over
   *    instances in proportion to their members; an instance gets its proportion rounded down or
   *    up.
   * I2 (stickiness). A member keeps min(owned, share) tasks. Which members and instances get the
   *    larger shares is decided in favour of those that already own that many, so a placement that
   *    satisfies I1 is a fixed point.
   * I3 (state). Of the tasks that are free or must move, as many as the shares permit go to an
   *    instance that holds their state (a maximum bipartite matching by augmenting paths; fresher
   *    state is tried first). All members of an instance reach the same local state, and the owner's
   *    instance counts as the freshest.
   * I4 (determinism). Equal inputs in any order give equal outputs.
   *
   * Two rounds suffice after any change. In the first, each task that moves is withheld. In the
   * second nobody owns more than its share of the first round, and by I2 nobody loses a larger
   * share that it fills, so everybody keeps all it owns and the rest is free to be handed over.
   */

  /**
   * A member as the placement sees it.
   *
   * @param id its id in the group
   * @param instance the instance it belongs to
   * @param owned the tasks it runs now; no task has two owners
   * @param held the tasks whose state it can reach, each with the sequence of the last transaction
   */
  public record Member(
      String id, String instance, SortedSet<Integer> owned, SortedMap<Integer, Long> held) {

    /** Copies the collections. */
    public Member {
      owned = new TreeSet<>(owned);
      held = new TreeMap<>(held);
    }
  }

  private static final int NOBODY = -1;

  private final int tasks;
  private final List<Member> members;
  private final Map<String, List<Integer>> instances = new TreeMap<>();
  private final Map<String, Map<Integer, Long>> heldByInstance = new HashMap<>();
  private final int[] owner;
  private final int[] ownedCount;
  private final int[] share;
  private final List<SortedSet<Integer>> placed = new ArrayList<>();
  private final List<List<Integer>> matched = new ArrayList<>();
  private final Map<Integer, List<Integer>> candidates = new HashMap<>();

  private TaskPlacement(int tasks, Collection<Member> members) {
    this.tasks = tasks;
    this.members = members.stream().sorted(Comparator.comparing(Member::id)).toList();
    this.owner = new int[tasks];
    this.ownedCount = new int[this.members.size()];
    this.share = new int[this.members.size()];
    Arrays.fill(owner, NOBODY);
    for (int m = 0; m < this.members.size(); m++) {
      enter(m, this.members.get(m));
    }
  }

  /**
   * {@return for each member the tasks it should run}
   *
   * @param tasks how many tasks there are, numbered from 0
   */
  public static SortedMap<String, SortedSet<Integer>> place(int tasks, Collection<Member> members) {
    SortedMap<String, SortedSet<Integer>> result = new TreeMap<>();
    if (members.isEmpty()) {
      return result;
    }
    TaskPlacement placement = new TaskPlacement(tasks, members);
    placement.decideShares();
    placement.keepOwned();
    placement.followState();
    placement.handOutRest();
    for (int m = 0; m < placement.members.size(); m++) {
      result.put(placement.members.get(m).id(), placement.placed.get(m));
    }
    return result;
  }

  /**
   * {@return the part of the placement that may be handed over now}
   *
   * <p>A task waits until every member that still claims it, other than its new owner, has revoked
   * it.
   *
   * @param claims for each task the members that may still be working on it
   */
  public static SortedMap<String, SortedSet<Integer>> grant(
      SortedMap<String, SortedSet<Integer>> placement, Map<Integer, Set<String>> claims) {
    SortedMap<String, SortedSet<Integer>> granted = new TreeMap<>();
    placement.forEach(
        (member, wanted) -> {
          SortedSet<Integer> now = new TreeSet<>();
          for (int task : wanted) {
            if (Set.of(member).containsAll(claims.getOrDefault(task, Set.of()))) {
              now.add(task);
            }
          }
          granted.put(member, now);
        });
    return granted;
  }

  private void enter(int m, Member member) {
    placed.add(new TreeSet<>());
    matched.add(new ArrayList<>());
    instances.computeIfAbsent(member.instance(), absent -> new ArrayList<>()).add(m);
    Map<Integer, Long> held =
        heldByInstance.computeIfAbsent(member.instance(), absent -> new HashMap<>());
    member.held().forEach((task, sequence) -> held.merge(task, sequence, Math::max));
    for (int task : member.owned()) {
      if (task >= 0 && task < tasks && owner[task] == NOBODY) {
        owner[task] = m;
        ownedCount[m]++;
        held.put(task, Long.MAX_VALUE);
      }
    }
  }

  // I1 and the second half of I2.
  private void decideShares() {
    int count = members.size();
    int smaller = tasks / count;
    int larger = tasks % count;
    Map<String, Integer> freshest = countFreshest();
    List<Instance> ranked = new ArrayList<>();
    int unassigned = larger;
    for (Map.Entry<String, List<Integer>> entry : instances.entrySet()) {
      List<Integer> own = entry.getValue();
      int proportion = (int) ((long) larger * own.size() / count);
      int remainder = (int) ((long) larger * own.size() % count);
      long fills = own.stream().filter(m -> ownedCount[m] > smaller).count();
      int state = freshest.getOrDefault(entry.getKey(), 0);
      ranked.add(
          new Instance(
              entry.getKey(),
              proportion,
              remainder,
              fills > proportion,
              state > own.size() * smaller + proportion));
      unassigned -= proportion;
    }
    ranked.sort(
        Comparator.comparing(Instance::fillsMore)
            .thenComparing(Instance::holdsMore)
            .thenComparing(Instance::remainder)
            .reversed()
            .thenComparing(Instance::name));
    for (Instance instance : ranked) {
      // A proportion without remainder is exact; rounding it up would break I1.
      int bonus = unassigned > 0 && instance.remainder() > 0 ? 1 : 0;
      unassigned -= bonus;
      decideSharesWithin(instance.name(), smaller, instance.proportion() + bonus);
    }
  }

  private record Instance(
      String name, int proportion, int remainder, boolean fillsMore, boolean holdsMore) {}

  private void decideSharesWithin(String instance, int smaller, int larger) {
    List<Integer> ranked = new ArrayList<>(instances.getOrDefault(instance, List.of()));
    ranked.sort(
        Comparator.comparing((Integer m) -> ownedCount[m] <= smaller)
            .thenComparing(m -> members.get(m).held().size() <= smaller)
            .thenComparing(m -> members.get(m).id()));
    for (int i = 0; i < ranked.size(); i++) {
      share[ranked.get(i)] = smaller + (i < larger ? 1 : 0);
    }
  }

  /** How many tasks have their freshest state on each instance. */
  private Map<String, Integer> countFreshest() {
    Map<String, Integer> counts = new HashMap<>();
    for (int task = 0; task < tasks; task++) {
      String best = null;
      long bestSequence = Long.MIN_VALUE;
      for (String instance : instances.keySet()) {
        Long sequence = heldByInstance.getOrDefault(instance, Map.of()).get(task);
        if (sequence != null && (best == null || sequence > bestSequence)) {
          best = instance;
          bestSequence = sequence;
        }
      }
      if (best != null) {
        counts.merge(best, 1, Integer::sum);
      }
    }
    return counts;
  }

  // The first half of I2. A member with too many tasks releases them in this order: those that a
  // member with room has state for, those it has no state for itself, those with the highest
  // numbers.
  private void keepOwned() {
    for (int m = 0; m < members.size(); m++) {
      Member member = members.get(m);
      List<Integer> own = new ArrayList<>();
      for (int task : member.owned()) {
        if (task >= 0 && task < tasks && owner[task] == m) {
          own.add(task);
        }
      }
      int excess = own.size() - share[m];
      if (excess > 0) {
        own.sort(
            Comparator.comparing((Integer task) -> freshestWithRoom(task, member.instance()))
                .thenComparing(task -> !member.held().containsKey(task))
                .thenComparing(Comparator.naturalOrder()));
      }
      placed.get(m).addAll(own.subList(0, Math.min(own.size(), share[m])));
    }
  }

  /** The freshest state of the task that a member of another instance with room has; -1 if none. */
  private long freshestWithRoom(int task, String besides) {
    long freshest = -1;
    for (int m = 0; m < members.size(); m++) {
      String instance = members.get(m).instance();
      if (!instance.equals(besides) && ownedCount[m] < share[m]) {
        Long sequence = heldByInstance.getOrDefault(instance, Map.of()).get(task);
        freshest = sequence == null ? freshest : Math.max(freshest, sequence);
      }
    }
    return freshest;
  }

  // I3. Members that a failed search has visited are full for good, so no later search needs to
  // visit them; that keeps the whole linear in the number of (task, member) pairs.
  private void followState() {
    boolean[] full = new boolean[members.size()];
    for (int task : unplaced()) {
      boolean[] visited = full.clone();
      if (!match(task, visited)) {
        full = visited;
      }
    }
    for (int m = 0; m < members.size(); m++) {
      placed.get(m).addAll(matched.get(m));
    }
  }

  /** Finds a member with state and room for the task, moving earlier tasks where that helps. */
  private boolean match(int task, boolean[] visited) {
    for (int m : candidates.computeIfAbsent(task, this::membersWithState)) {
      if (visited[m]) {
        continue;
      }
      visited[m] = true;
      List<Integer> mine = matched.get(m);
      if (placed.get(m).size() + mine.size() < share[m]) {
        mine.add(task);
        return true;
      }
      for (int i = 0; i < mine.size(); i++) {
        if (match(mine.get(i), visited)) {
          mine.set(i, task);
          return true;
        }
      }
    }
    return false;
  }

  /** The members that reach state of the task, freshest first. */
  private List<Integer> membersWithState(int task) {
    List<Integer> found = new ArrayList<>();
    for (int m = 0; m < members.size(); m++) {
      if (share[m] > placed.get(m).size() && sequence(m, task) != null) {
        found.add(m);
      }
    }
    found.sort(
        Comparator.comparing((Integer m) -> sequence(m, task), Comparator.reverseOrder())
            .thenComparing(m -> members.get(m).held().containsKey(task) ? 0 : 1)
            .thenComparing(Comparator.naturalOrder()));
    return found;
  }

  private @Nullable Long sequence(int m, int task) {
    return heldByInstance.getOrDefault(members.get(m).instance(), Map.of()).get(task);
  }

  private void handOutRest() {
    for (int task : unplaced()) {
      int roomiest = 0;
      for (int m = 1; m < members.size(); m++) {
        if (room(m) > room(roomiest)) {
          roomiest = m;
        }
      }
      placed.get(roomiest).add(task);
    }
  }

  private int room(int m) {
    return share[m] - placed.get(m).size();
  }

  private List<Integer> unplaced() {
    boolean[] taken = new boolean[tasks];
    placed.forEach(set -> set.forEach(task -> taken[task] = true));
    List<Integer> free = new ArrayList<>();
    for (int task = 0; task < tasks; task++) {
      if (!taken[task]) {
        free.add(task);
      }
    }
    return free;
  }
}
