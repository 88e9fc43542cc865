package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.millrace.internal.kafka.TaskPlacement.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class TaskPlacementTest {

  private static final int SEEDS = 400;

  @Test
  void aSingleMemberGetsEverything() {
    assertThat(TaskPlacement.place(3, List.of(member("a", "i"))))
        .isEqualTo(Map.of("a", Set.of(0, 1, 2)));
  }

  @Test
  void nobodyGetsAnythingWhereNobodyIs() {
    assertThat(TaskPlacement.place(3, List.of())).isEmpty();
  }

  @Test
  void membersBeyondTheNumberOfTasksStayIdle() {
    var placement =
        TaskPlacement.place(1, List.of(member("a", "i"), member("b", "j"), member("c", "k")));
    assertThat(placement.values().stream().mapToInt(Set::size).sum()).isEqualTo(1);
  }

  @Test
  void aRestartedGroupGoesBackToItsState() {
    var placement =
        TaskPlacement.place(
            6,
            List.of(
                holder("a", "i", Map.of(4, 10L, 5, 10L)),
                holder("b", "j", Map.of(0, 10L, 1, 10L)),
                holder("c", "k", Map.of(2, 10L, 3, 10L))));
    assertThat(placement)
        .isEqualTo(Map.of("a", Set.of(4, 5), "b", Set.of(0, 1), "c", Set.of(2, 3)));
  }

  @Test
  void theFresherStateWins() {
    var placement =
        TaskPlacement.place(
            2,
            List.of(
                holder("a", "i", Map.of(0, 10L, 1, 20L)),
                holder("b", "j", Map.of(0, 11L, 1, 19L))));
    assertThat(placement).isEqualTo(Map.of("a", Set.of(1), "b", Set.of(0)));
  }

  @Test
  void aTaskMakesWayForOneThatHasNoOtherPlace() {
    // Task 0 could go to either, task 1 to a only.
    var placement =
        TaskPlacement.place(
            2, List.of(holder("a", "i", Map.of(0, 9L, 1, 5L)), holder("b", "j", Map.of(0, 5L))));
    assertThat(placement).isEqualTo(Map.of("a", Set.of(1), "b", Set.of(0)));
  }

  @Test
  void tasksOfADeadWorkerStayOnItsInstanceWhereThereIsRoom() {
    Member survivor = new Member("a1", "i", set(0), map(Map.of(0, 7L, 1, 7L)));
    Member other = new Member("b1", "j", set(2), map(Map.of(2, 7L)));
    Member newcomer = member("c1", "k");
    var placement = TaskPlacement.place(4, List.of(survivor, other, newcomer));
    assertThat(placement.get("a1")).containsExactly(0, 1);
    assertThat(placement.get("b1")).contains(2);
  }

  @Test
  void whatANewcomerHasStateForIsWhatItGets() {
    Member busy = new Member("a", "i", set(0, 1, 2, 3), map(Map.of(0, 5L, 1, 5L, 2, 5L, 3, 5L)));
    Member returning = holder("b", "j", Map.of(0, 4L, 2, 4L));
    assertThat(TaskPlacement.place(4, List.of(busy, returning)))
        .isEqualTo(Map.of("a", Set.of(1, 3), "b", Set.of(0, 2)));
  }

  @Test
  void largerSharesSpreadOverInstances() {
    var placement =
        TaskPlacement.place(
            6, List.of(member("a1", "i"), member("a2", "i"), member("b1", "j"), member("b2", "j")));
    assertThat(placement.get("a1").size() + placement.get("a2").size()).isEqualTo(3);
  }

  @Test
  void aTaskIsNotHandedOverBeforeItsOldOwnerLetGo() {
    SortedMap<String, SortedSet<Integer>> placement = new TreeMap<>();
    placement.put("a", set(0, 1));
    placement.put("b", set(2, 3));
    var granted =
        TaskPlacement.grant(placement, Map.of(0, Set.of("a"), 2, Set.of("a"), 3, Set.of("a", "b")));
    assertThat(granted).isEqualTo(Map.of("a", Set.of(0, 1), "b", Set.of()));
  }

  @Test
  void aLargeGroupWhoseStateIsOnHalfOfItsMembersIsPlacedWithoutDelay() {
    SortedMap<Integer, Long> everything = new TreeMap<>();
    for (int task = 0; task < 2_000; task++) {
      everything.put(task, 1L);
    }
    List<Member> members = new ArrayList<>();
    for (int m = 0; m < 200; m++) {
      members.add(
          new Member(
              String.format("m%03d", m),
              "i" + m,
              set(),
              m % 2 == 0 ? everything : new TreeMap<>()));
    }
    // A search that starts from nothing for each task is quadratic here.
    var placement =
        assertTimeout(Duration.ofSeconds(10), () -> TaskPlacement.place(2_000, members));
    assertBalanced(0, 2_000, members, placement);
  }

  @Test
  void randomGroupsAreBalancedAndNobodyLosesMoreThanBalanceDemands() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      int tasks = random.nextInt(40);
      List<Member> members = randomMembers(random, tasks);
      var placement = TaskPlacement.place(tasks, members);

      assertBalanced(seed, tasks, members, placement);
      assertThat(moves(members, placement))
          .as("seed %d", seed)
          .isEqualTo(fewestMoves(tasks, members));

      Collections.shuffle(members, random);
      assertThat(TaskPlacement.place(tasks, members)).as("seed %d", seed).isEqualTo(placement);
    }
  }

  @Test
  void aGroupSettlesInTwoRoundsAfterAnyChangeAndNoTaskEverHasTwoOwners() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      int tasks = 1 + random.nextInt(30);
      Group group = new Group(tasks);
      for (int change = 0; change < 12; change++) {
        group.change(random);
        boolean moved = group.round(seed);
        if (moved) {
          assertThat(group.round(seed)).as("seed %d: second round revokes", seed).isFalse();
        }
        group.assertSettled(seed);
      }
    }
  }

  @Test
  void stateIsUsedWhereverSharesPermit() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      int members = 1 + random.nextInt(5);
      int each = 1 + random.nextInt(4);
      List<Integer> shuffled = new ArrayList<>();
      for (int task = 0; task < members * each; task++) {
        shuffled.add(task);
      }
      Collections.shuffle(shuffled, random);
      // A perfect fit exists by construction, hidden among further copies of state.
      List<Member> group = new ArrayList<>();
      for (int m = 0; m < members; m++) {
        SortedMap<Integer, Long> held = new TreeMap<>();
        for (int task : shuffled.subList(m * each, (m + 1) * each)) {
          held.put(task, (long) random.nextInt(3));
        }
        for (int extra = random.nextInt(6); extra > 0; extra--) {
          held.putIfAbsent(random.nextInt(members * each), (long) random.nextInt(3));
        }
        group.add(new Member("m" + m, "i" + m, set(), held));
      }
      var placement = TaskPlacement.place(members * each, group);
      for (Member member : group) {
        assertThat(member.held().keySet())
            .as("seed %d", seed)
            .containsAll(placement.get(member.id()));
      }
    }
  }

  /** A group whose members follow what they are granted, as cooperative consumers do. */
  private static final class Group {

    private final int tasks;
    private final Map<String, Member> members = new TreeMap<>();
    private int nextId;

    Group(int tasks) {
      this.tasks = tasks;
    }

    void change(Random random) {
      int joining = members.isEmpty() ? 1 : random.nextInt(3);
      int leaving = members.size() > 1 ? random.nextInt(Math.min(3, members.size())) : 0;
      for (int i = 0; i < leaving; i++) {
        List<String> ids = new ArrayList<>(members.keySet());
        members.remove(ids.get(random.nextInt(ids.size())));
      }
      for (int i = 0; i < joining; i++) {
        String id = String.format("m%04d", random.nextInt(1000) * 10 + nextId++ % 10);
        SortedMap<Integer, Long> held = new TreeMap<>();
        for (int h = random.nextInt(4); h > 0; h--) {
          held.put(random.nextInt(tasks), (long) random.nextInt(5));
        }
        members.putIfAbsent(id, new Member(id, "i" + random.nextInt(3), set(), held));
      }
    }

    /** One rebalance; {@return whether it made anybody revoke} */
    boolean round(int seed) {
      Map<Integer, Set<String>> claims = new HashMap<>();
      members
          .values()
          .forEach(
              m ->
                  m.owned()
                      .forEach(
                          task -> claims.computeIfAbsent(task, t -> new HashSet<>()).add(m.id())));
      var granted = TaskPlacement.grant(TaskPlacement.place(tasks, members.values()), claims);
      boolean revoked = false;
      for (Member member : List.copyOf(members.values())) {
        SortedSet<Integer> now = granted.get(member.id());
        for (int task : now) {
          assertThat(claims.getOrDefault(task, Set.of(member.id())))
              .as("seed %d: task %d is handed over while another has it", seed, task)
              .containsExactly(member.id());
        }
        revoked |= !now.containsAll(member.owned());
        SortedMap<Integer, Long> held = new TreeMap<>(member.held());
        now.forEach(task -> held.merge(task, 1L, Long::sum));
        members.put(member.id(), new Member(member.id(), member.instance(), now, held));
      }
      return revoked;
    }

    void assertSettled(int seed) {
      SortedMap<String, SortedSet<Integer>> owned = new TreeMap<>();
      members.values().forEach(m -> owned.put(m.id(), m.owned()));
      assertThat(owned.values().stream().flatMap(Collection::stream).toList())
          .as("seed %d: each task has one owner", seed)
          .hasSize(tasks)
          .doesNotHaveDuplicates();
      assertBalanced(seed, tasks, members.values(), owned);
      assertThat(TaskPlacement.place(tasks, members.values()))
          .as("seed %d: a settled group stays as it is", seed)
          .isEqualTo(owned);
    }
  }

  private static void assertBalanced(
      int seed,
      int tasks,
      Collection<Member> members,
      SortedMap<String, SortedSet<Integer>> placement) {
    assertThat(placement.values().stream().flatMap(Collection::stream).toList())
        .as("seed %d: each task once", seed)
        .hasSize(members.isEmpty() ? 0 : tasks)
        .doesNotHaveDuplicates()
        .allMatch(task -> task >= 0 && task < tasks);
    if (members.isEmpty()) {
      return;
    }
    int smaller = tasks / members.size();
    int larger = tasks % members.size();
    assertThat(placement.values())
        .as("seed %d: members differ by one at most", seed)
        .allMatch(set -> set.size() == smaller || set.size() == smaller + 1);
    Map<String, List<Member>> instances =
        members.stream().collect(Collectors.groupingBy(Member::instance));
    instances.forEach(
        (instance, own) -> {
          int total = own.stream().mapToInt(m -> placement.get(m.id()).size()).sum();
          int product = larger * own.size();
          int least = own.size() * smaller + product / members.size();
          int most = least + (product % members.size() > 0 ? 1 : 0);
          assertThat(total)
              .as("seed %d: instance %s has its proportion", seed, instance)
              .isBetween(least, most);
        });
  }

  private static int moves(
      Collection<Member> members, SortedMap<String, SortedSet<Integer>> placement) {
    int moves = 0;
    for (Member member : members) {
      for (int task : member.owned()) {
        moves += placement.get(member.id()).contains(task) ? 0 : 1;
      }
    }
    return moves;
  }

  /** The least number of revocations over all balanced placements, by trying them all. */
  private static int fewestMoves(int tasks, List<Member> members) {
    if (members.isEmpty()) {
      return 0;
    }
    int smaller = tasks / members.size();
    int larger = tasks % members.size();
    int best = Integer.MAX_VALUE;
    for (int mask = 0; mask < 1 << members.size(); mask++) {
      if (Integer.bitCount(mask) != larger) {
        continue;
      }
      Map<String, int[]> instances = new HashMap<>(); // members, larger shares
      int moves = 0;
      for (int m = 0; m < members.size(); m++) {
        int bonus = mask >> m & 1;
        int[] counts = instances.computeIfAbsent(members.get(m).instance(), i -> new int[2]);
        counts[0]++;
        counts[1] += bonus;
        moves += Math.max(0, members.get(m).owned().size() - smaller - bonus);
      }
      boolean balanced =
          instances.values().stream()
              .allMatch(
                  counts -> {
                    int product = larger * counts[0];
                    int least = product / members.size();
                    int most = least + (product % members.size() > 0 ? 1 : 0);
                    return counts[1] >= least && counts[1] <= most;
                  });
      if (balanced) {
        best = Math.min(best, moves);
      }
    }
    return best;
  }

  private static List<Member> randomMembers(Random random, int tasks) {
    int count = 1 + random.nextInt(8);
    int instances = 1 + random.nextInt(4);
    List<SortedSet<Integer>> owned = new ArrayList<>();
    for (int m = 0; m < count; m++) {
      owned.add(new TreeSet<>());
    }
    for (int task = 0; task < tasks; task++) {
      if (random.nextInt(4) > 0) {
        // Skewed, so that some have far too many.
        owned.get(Math.min(random.nextInt(count), random.nextInt(count))).add(task);
      }
    }
    List<Member> members = new ArrayList<>();
    for (int m = 0; m < count; m++) {
      SortedMap<Integer, Long> held = new TreeMap<>();
      for (int h = random.nextInt(6); tasks > 0 && h > 0; h--) {
        held.put(random.nextInt(tasks), (long) random.nextInt(5));
      }
      members.add(new Member("m" + m, "i" + random.nextInt(instances), owned.get(m), held));
    }
    return members;
  }

  private static Member member(String id, String instance) {
    return new Member(id, instance, set(), new TreeMap<>());
  }

  private static Member holder(String id, String instance, Map<Integer, Long> held) {
    return new Member(id, instance, set(), map(held));
  }

  private static SortedSet<Integer> set(Integer... tasks) {
    return new TreeSet<>(List.of(tasks));
  }

  private static SortedMap<Integer, Long> map(Map<Integer, Long> held) {
    return new TreeMap<>(held);
  }
}
