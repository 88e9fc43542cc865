package dev.millrace.internal.timer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.InMemoryStateStore;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.StateStores;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TimeIndexTest {

  private static final StoredValueFormat<Long> NUMBERS =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(Long value) {
          return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        }

        @Override
        public Long fromBytes(byte[] bytes) {
          return ByteBuffer.wrap(bytes).getLong();
        }
      };

  /** Room for so many rows of the open transaction. */
  private long room = Long.MAX_VALUE;

  private final ScanLog store = new ScanLog(new InMemoryStateStore());
  private Overlay overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 16));
  private TimeIndex<Long> index = open();
  private long transaction;

  private TimeIndex<Long> open() {
    return TimeIndex.of(overlay.rows(1, NUMBERS), this::roomIsLeft);
  }

  private boolean roomIsLeft() {
    return room-- > 0;
  }

  private void commit() {
    overlay.commit(checkpoint());
    room = Long.MAX_VALUE;
  }

  private Checkpoint checkpoint() {
    transaction++;
    return new Checkpoint(0, 0, 0, transaction, transaction * 100, 0);
  }

  private void restart() {
    overlay.writeBack();
    overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 16));
    index = open();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void put(long timeMs, String... keys) {
    for (String key : keys) {
      index.put(timeMs, bytes(key), timeMs);
    }
  }

  private static String text(DueRows<?> due) {
    return due.timeMs()
        + " "
        + new String(due.bytes(), due.keyOffset(), due.keyLength(), StandardCharsets.UTF_8);
  }

  /** Fires what is due; returns what that was, and "..." if the transaction was full. */
  private List<String> fire(long upToMs) {
    List<String> fired = new ArrayList<>();
    try (DueRows<Long> due = index.due(upToMs)) {
      while (due.next()) {
        assertThat(due.take()).isEqualTo(due.timeMs());
        assertThat(due.key()).isEqualTo(bytes(text(due).split(" ", 2)[1]));
        fired.add(text(due));
      }
      if (!due.isComplete()) {
        fired.add("...");
      }
    }
    return fired;
  }

  // ------------------------------------------------------------------ keys

  @Test
  void timesSortAsTheirBytesDo() {
    Random random = new Random(1);
    List<Long> times = new ArrayList<>(List.of(Long.MIN_VALUE, -1L, 0L, 1L, Long.MAX_VALUE));
    for (int i = 0; i < 500; i++) {
      times.add(random.nextLong() >> random.nextInt(64));
    }
    for (long one : times) {
      assertThat(OrderedTime.time(OrderedTime.first(one))).isEqualTo(one);
      for (long other : times) {
        assertThat(
                Integer.signum(
                    Arrays.compareUnsigned(OrderedTime.first(one), OrderedTime.first(other))))
            .isEqualTo(Long.compare(one, other));
      }
    }
    assertThat(OrderedTime.after(6)).isEqualTo(OrderedTime.first(7));
    assertThat(OrderedTime.after(-1)).isEqualTo(OrderedTime.first(0));
    assertThat(OrderedTime.after(Long.MAX_VALUE)).isNull();
  }

  @Test
  void rowKeysAreAPartATimeAndAKey() {
    RowStore<Long> rows = overlay.rows(2, NUMBERS);
    TimeIndex.of(rows, OrderedTime.code(TimeDomain.EVENT), this::roomIsLeft)
        .put(-2, bytes("ab"), 1L);
    TimeIndex.of(rows, OrderedTime.code(TimeDomain.PROCESSING), this::roomIsLeft)
        .putNew(0x0102030405060708L, bytes("xcdx"), 1, 2, 1L);
    RowStore<Long> whole = overlay.rows(3, NUMBERS);
    TimeIndex.of(whole, this::roomIsLeft).put(5, bytes("e"), 1L);
    assertThat(keys(rows)).containsExactly("007ffffffffffffffe6162", "0181020304050607086364");
    assertThat(keys(whole)).containsExactly("800000000000000565");
    ByteWriter out = new ByteWriter();
    OrderedTime.write(out, 5);
    assertThat(out.toByteArray()).isEqualTo(OrderedTime.first(5));
    assertThat(OrderedTime.join(5, bytes("e")))
        .isEqualTo(HexFormat.of().parseHex(keys(whole).get(0)));
    assertThat(OrderedTime.key(OrderedTime.join(5, bytes("e")))).isEqualTo(bytes("e"));
  }

  private static List<String> keys(RowStore<Long> rows) {
    List<String> keys = new ArrayList<>();
    try (RowScan<Long> scan = rows.scan(new byte[0], null)) {
      while (scan.next()) {
        keys.add(HexFormat.of().formatHex(scan.row().key()));
      }
    }
    return keys;
  }

  // ------------------------------------------------------------------ firing

  @Test
  void whatIsDueIsMetByTimeAndThenByKey() {
    put(20, "b", "a");
    put(10, "c");
    put(-10, "d");
    put(30, "e");
    index.remove(20, bytes("a"));
    index.remove(20, bytes("not there"));
    assertThat(index.isDue(-11)).isFalse();
    assertThat(fire(20)).containsExactly("-10 d", "10 c", "20 b");
    assertThat(index.earliestMs()).isEqualTo(30);
    assertThat(fire(29)).isEmpty();
    assertThat(fire(30)).containsExactly("30 e");
    assertThat(index.earliestMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whatIsAddedMeanwhileTakesItsPlace() {
    put(10, "m", "z");
    put(30, "a");
    List<String> fired = new ArrayList<>();
    try (DueRows<Long> due = index.due(50)) {
      while (due.next()) {
        fired.add(text(due));
        due.remove();
        if (fired.size() == 1) {
          put(5, "late");
          put(10, "a");
          put(20, "x");
          put(30, "A");
          put(51, "later");
        }
      }
      assertThat(due.isComplete()).isTrue();
    }
    assertThat(fired).containsExactly("10 m", "5 late", "10 a", "10 z", "20 x", "30 A", "30 a");
    assertThat(index.earliestMs()).isEqualTo(51);
    assertThat(fire(51)).containsExactly("51 later");
  }

  @Test
  void anEntryThatIsSetAgainFiresAgain() {
    put(10, "a");
    int fired = 0;
    try (DueRows<Long> due = index.due(10)) {
      while (due.next()) {
        due.remove();
        fired++;
        if (fired < 3) {
          put(10, "a");
        }
      }
    }
    assertThat(fired).isEqualTo(3);
  }

  @Test
  void theEndsOfTimeAreTimes() {
    put(Long.MAX_VALUE, "last");
    put(Long.MIN_VALUE, "first");
    assertThat(fire(Long.MIN_VALUE)).containsExactly("-9223372036854775808 first");
    assertThat(fire(Long.MAX_VALUE - 1)).isEmpty();
    assertThat(fire(Long.MAX_VALUE)).containsExactly("9223372036854775807 last");
    put(7, "a");
    try (DueRows<Long> due = index.due(Long.MAX_VALUE)) {
      assertThat(due.next()).isTrue();
      due.remove();
      put(Long.MAX_VALUE, "added");
      assertThat(due.next()).isTrue();
      assertThat(text(due)).endsWith(" added");
      due.remove();
      assertThat(due.next()).isFalse();
    }
  }

  @Test
  void aFullTransactionStopsBeforeTheRowItHasNoRoomForAndTheNextGoesOn() {
    for (int i = 0; i < 10; i++) {
      put(i / 4, "k" + i);
    }
    room = 5;
    assertThat(fire(100)).containsExactly("0 k0", "0 k1", "0 k2", "0 k3", "1 k4", "...");
    commit();
    room = 0;
    assertThat(fire(100)).containsExactly("...");
    commit();
    restart();
    room = 2;
    assertThat(fire(100)).containsExactly("1 k5", "1 k6", "...");
    commit();
    assertThat(fire(100)).containsExactly("1 k7", "2 k8", "2 k9");
  }

  @Test
  void marksAreRemovedBeforeWhatTheyMarkIsDone() {
    put(10, "a", "b");
    put(20, "c");
    put(30, "d");
    List<String> done = new ArrayList<>();
    Consumer<DueRows<Long>> action =
        due -> {
          done.add(text(due) + " of " + due.upToMs());
          if (done.size() == 1) {
            // As one does that has more to do at its key than the transaction has room for.
            index.putNew(10, due.bytes(), due.keyOffset(), due.keyLength(), 10L);
          }
        };
    room = 2;
    assertThat(index.fire(20, action)).isFalse();
    assertThat(done).containsExactly("10 a of 20", "10 a of 20");
    commit();
    assertThat(index.fire(20, action)).isTrue();
    assertThat(index.fire(20, action)).isTrue();
    assertThat(done.subList(2, done.size())).containsExactly("10 b of 20", "20 c of 20");
    assertThat(fire(30)).containsExactly("30 d");
  }

  @Test
  void whatIsDueBeforeATimeIsNotWhatIsDueAtIt() {
    put(Long.MIN_VALUE, "first");
    put(10, "a");
    List<String> done = new ArrayList<>();
    Consumer<DueRows<Long>> action = due -> done.add(text(due));
    assertThat(index.fireBefore(Long.MIN_VALUE, action)).isTrue();
    assertThat(done).isEmpty();
    assertThat(index.fireBefore(10, action)).isTrue();
    assertThat(done).containsExactly("-9223372036854775808 first");
    room = 0;
    assertThat(index.fireBefore(11, action)).isFalse();
    commit();
    assertThat(index.fireBefore(11, action)).isTrue();
    assertThat(done.subList(1, done.size())).containsExactly("10 a");
  }

  @Test
  void whatIsNotDueTakesNoRoom() {
    put(10, "a");
    put(11, "b");
    room = 1;
    assertThat(fire(10)).containsExactly("10 a");
  }

  @Test
  void anOwnerMayStopAtARow() {
    put(10, "a", "b");
    put(20, "c");
    try (DueRows<Long> due = index.due(30)) {
      assertThat(due.next()).isTrue();
      due.remove();
      assertThat(due.next()).isTrue();
      assertThat(due.isComplete()).isFalse();
    }
    put(10, "B");
    assertThat(index.isDue(10)).isTrue();
    assertThat(fire(30)).containsExactly("10 B", "10 b", "20 c");
  }

  private static List<String> fireUpTo(DueRows<Long> due, long timeMs) {
    List<String> fired = new ArrayList<>();
    while (due.nextUpTo(timeMs)) {
      due.remove();
      fired.add(text(due));
    }
    return fired;
  }

  @Test
  void whatIsDueLaterWaitsForItsTimeInOneScan() {
    put(10, "a");
    put(20, "b", "c");
    put(30, "d");
    store.begins.clear();
    try (DueRows<Long> due = index.due(25)) {
      assertThat(fireUpTo(due, 5)).isEmpty();
      assertThat(fireUpTo(due, 10)).containsExactly("10 a");
      assertThat(fireUpTo(due, 19)).isEmpty();
      assertThat(due.mayGoOn()).isTrue();
      assertThat(due.isComplete()).isFalse();
      assertThat(store.begins).hasSize(1);
      put(15, "e"); // Before the row that the scan is on.
      index.remove(20, bytes("b"));
      assertThat(fireUpTo(due, 19)).containsExactly("15 e");
      assertThat(fireUpTo(due, 25)).containsExactly("20 c");
      assertThat(due.isComplete()).isTrue();
      assertThat(due.mayGoOn()).isTrue();
    }
    assertThat(fire(50)).containsExactly("30 d");
  }

  @Test
  void aRowThatIsRemovedBeforeItsTimeIsPassed() {
    put(10, "a");
    put(20, "b");
    try (DueRows<Long> due = index.due(25)) {
      assertThat(fireUpTo(due, 5)).isEmpty();
      index.remove(10, bytes("a"));
      assertThat(fireUpTo(due, 25)).containsExactly("20 b");
    }
  }

  @Test
  void aFullTransactionStopsAlsoBetweenTwoTimes() {
    put(10, "a");
    put(20, "b");
    room = 1;
    try (DueRows<Long> due = index.due(25)) {
      assertThat(fireUpTo(due, 10)).containsExactly("10 a");
      assertThat(due.mayGoOn()).isFalse();
    }
    commit();
    assertThat(fire(50)).containsExactly("20 b");
  }

  @Test
  void aRowMayBeSetByItsOwner() {
    Row<Long> row = index.row(10, bytes("xay"), 1, 1);
    row.set(10L);
    index.added(10, row);
    TimeKey key = index.key(10, bytes("a"), 0, 1);
    assertThat(Arrays.copyOf(key.array(), key.size())).isEqualTo(row.key());
    assertThat(key.copy()).isEqualTo(row.key());
    assertThat(fire(10)).containsExactly("10 a");
  }

  @Test
  void whatIsUsedWronglyIsRefused() {
    put(10, "a", "b");
    try (DueRows<Long> due = index.due(10)) {
      assertThatThrownBy(due::remove).isInstanceOf(IllegalStateException.class);
      assertThat(due.next()).isTrue();
      assertThatThrownBy(due::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not removed");
      assertThatThrownBy(() -> index.due(20))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("under way");
      due.remove();
      assertThatThrownBy(due::take).isInstanceOf(IllegalStateException.class);
    }
    assertThat(fire(20)).containsExactly("10 b");
  }

  // ------------------------------------------------------------------ cost

  @Test
  void nothingDueReadsNothing() {
    put(10, "a");
    commit();
    restart();
    store.begins.clear();
    assertThat(fire(9)).isEmpty();
    assertThat(store.begins).isEmpty();
    assertThat(fire(10)).hasSize(1);
    assertThat(store.begins).hasSize(1);
    assertThat(fire(11)).isEmpty();
    assertThat(store.begins).hasSize(1);
  }

  @Test
  void aFiringBeginsWhereTheLastOneStopped() {
    IntStream.range(100, 200).forEach(i -> put(7, "k" + i));
    commit();
    room = 50;
    assertThat(fire(10)).hasSize(51);
    commit();
    store.begins.clear();
    room = 1;
    assertThat(fire(10)).containsExactly("7 k150", "...");
    assertThat(begins()).containsExactly("7 k149");
    commit();
    // Amid the rows of one time, what is set for it goes where it belongs.
    put(7, "k120", "k190");
    store.begins.clear();
    room = 2;
    assertThat(fire(10)).containsExactly("7 k120", "7 k151", "...");
    assertThat(begins()).containsExactly("7 k120");
    commit();
    // So it does with timers that set their next ones for later while they fire.
    store.begins.clear();
    room = 10;
    try (DueRows<Long> due = index.due(10)) {
      while (due.next()) {
        due.remove();
        put(11, text(due));
      }
    }
    commit();
    room = 0;
    assertThat(fire(10)).containsExactly("...");
    assertThat(begins()).containsExactly("7 k151", "7 k161");
  }

  @Test
  void afterAFiringTheNextBeginsAtTheNextTime() {
    put(7, "a");
    put(9, "b");
    commit();
    assertThat(fire(8)).hasSize(1);
    store.begins.clear();
    assertThat(fire(9)).hasSize(1);
    assertThat(begins()).containsExactly("9 ");
  }

  @Test
  void entriesOfOneTimeThatAreAddedMeanwhileCostOneScan() {
    IntStream.range(0, 50).forEach(i -> put(1, "k" + i));
    commit();
    store.begins.clear();
    int fired = 0;
    try (DueRows<Long> due = index.due(3)) {
      while (due.next()) {
        due.remove();
        fired++;
        put(due.timeMs() + 1, text(due));
      }
    }
    assertThat(fired).isEqualTo(150);
    assertThat(store.begins).hasSize(3);
    assertThat(index.earliestMs()).isEqualTo(4);
  }

  private List<String> begins() {
    return store.begins.stream()
        .map(
            begin ->
                OrderedTime.read(begin, 1)
                    + " "
                    + new String(begin, 9, begin.length - 9, StandardCharsets.UTF_8))
        .toList();
  }

  // ------------------------------------------------------------------ a model

  private static final List<String> KEYS = List.of("", "a", "aa", "b", "ba", "~", "\u00e4");

  private record Entry(int index, long timeMs, String key) {}

  private static final Comparator<Entry> ORDER =
      Comparator.comparingInt(Entry::index)
          .thenComparingLong(Entry::timeMs)
          .thenComparing(entry -> bytes(entry.key()), Arrays::compareUnsigned);

  @Test
  void randomOperationsGoAsWithASortedMap() {
    for (long seed = 1; seed <= 300; seed++) {
      new Run(seed, new InMemoryStateStore(), null).run(150);
    }
  }

  @Test
  void randomOperationsOnDiskGoAsWithASortedMap(@TempDir Path directory) {
    try (StateStores stores = new RocksDbStateStores(new StateMemory(8L << 20))) {
      for (long seed = 1; seed <= 2; seed++) {
        Path place = directory.resolve("run-" + seed);
        assertThat(place.toFile().mkdirs()).isTrue();
        Run run = new Run(seed, stores.open(place), () -> stores.open(place));
        run.run(150);
        run.stored.close();
      }
    }
  }

  /** Two indexes in one store, or one that is all of it, beside a map of what they should have. */
  private static final class Run {

    private final Random random;
    private final String name;
    private final boolean shared;
    private final @Nullable Supplier<StateStore> reopen;
    private StateStore stored;
    private Overlay overlay;
    private RowStore<Long> rows;
    private List<TimeIndex<Long>> indexes;
    private TreeMap<Entry, Long> model = new TreeMap<>(ORDER);
    private TreeMap<Entry, Long> committed = new TreeMap<>(ORDER);
    private long roomLeft = Long.MAX_VALUE;
    private long transaction;
    private long values;
    private int step;

    Run(long seed, StateStore stored, @Nullable Supplier<StateStore> reopen) {
      this.random = new Random(seed);
      this.name = "seed " + seed;
      this.shared = random.nextBoolean();
      this.stored = stored;
      this.reopen = reopen;
      this.overlay = new Overlay(stored, limits());
      this.rows = overlay.rows(1, NUMBERS);
      this.indexes = open();
    }

    private OverlayLimits limits() {
      return random.nextBoolean()
          ? OverlayLimits.writingThrough(1 << 10)
          : OverlayLimits.writingBack(1 << 12);
    }

    private List<TimeIndex<Long>> open() {
      return shared
          ? List.of(
              TimeIndex.of(rows, (byte) 0, this::roomIsLeft),
              TimeIndex.of(rows, (byte) 1, this::roomIsLeft))
          : List.of(TimeIndex.of(rows, this::roomIsLeft));
    }

    private boolean roomIsLeft() {
      return roomLeft-- > 0;
    }

    void run(int steps) {
      for (step = 0; step < steps; step++) {
        int which = random.nextInt(indexes.size());
        switch (random.nextInt(10)) {
          case 0 -> commit();
          case 1 -> restart();
          case 2, 3 -> fire(which, time());
          default -> change(which, time());
        }
        check();
      }
      long size = model.size();
      int found = 0;
      try (RowScan<Long> scan = rows.scan(new byte[0], null)) {
        while (scan.next()) {
          found++;
        }
      }
      assertThat(found).as(name).isEqualTo((int) size);
    }

    private long time() {
      return switch (random.nextInt(40)) {
        case 0 -> Long.MIN_VALUE;
        case 1 -> Long.MAX_VALUE;
        case 2 -> Long.MAX_VALUE - 1;
        default -> random.nextInt(-6, 7);
      };
    }

    private void change(int which, long timeMs) {
      change(which, timeMs, true);
    }

    private void change(int which, long timeMs, boolean mayRemove) {
      Entry entry = new Entry(which, timeMs, KEYS.get(random.nextInt(KEYS.size())));
      byte[] key = bytes(entry.key());
      TimeIndex<Long> index = indexes.get(which);
      if (mayRemove && random.nextInt(3) == 0) {
        index.remove(timeMs, key);
        model.remove(entry);
      } else if (model.containsKey(entry) || random.nextBoolean()) {
        index.put(timeMs, key, ++values);
        model.put(entry, values);
      } else {
        index.putNew(timeMs, key, 0, key.length, ++values);
        model.put(entry, values);
      }
    }

    private void fire(int which, long upToMs) {
      roomLeft = random.nextInt(3) == 0 ? random.nextInt(6) : Long.MAX_VALUE;
      boolean stopped = false;
      try (DueRows<Long> due = indexes.get(which).due(upToMs)) {
        while (!stopped && due.next()) {
          Map.Entry<Entry, Long> first = firstDue(which, upToMs);
          assertThat(first).as("%s, step %d: %s", name, step, text(due)).isNotNull();
          assertThat(text(due))
              .as("%s, step %d", name, step)
              .isEqualTo(first.getKey().timeMs() + " " + first.getKey().key());
          if (random.nextInt(20) == 0) {
            stopped = true;
          } else {
            if (random.nextInt(4) == 0) {
              change(which, near(due.timeMs()), false);
            }
            removePresent(due, first.getKey());
            // What is added is now and then before the present row.
            for (int i = random.nextInt(3); i > 0 && random.nextInt(3) > 0; i--) {
              change(which, random.nextBoolean() ? time() : near(due.timeMs()));
            }
          }
        }
        boolean left = firstDue(which, upToMs) != null;
        assertThat(due.isComplete()).as("%s, step %d", name, step).isNotEqualTo(left);
        assertThat(!left || stopped || roomLeft < 0).as("%s, step %d", name, step).isTrue();
        if (!left && upToMs < Long.MAX_VALUE) {
          assertThat(indexes.get(which).isDue(upToMs)).as("%s, step %d", name, step).isFalse();
        }
      }
      if (random.nextBoolean()) {
        commit();
      }
    }

    private long near(long timeMs) {
      long away = random.nextInt(-1, 2);
      return away < 0 && timeMs == Long.MIN_VALUE || away > 0 && timeMs == Long.MAX_VALUE
          ? timeMs
          : timeMs + away;
    }

    private void removePresent(DueRows<Long> due, Entry entry) {
      Long value = model.remove(entry);
      if (random.nextBoolean()) {
        assertThat(due.take()).as("%s, step %d", name, step).isEqualTo(value);
      } else {
        due.remove();
      }
    }

    private Map.@Nullable Entry<Entry, Long> firstDue(int which, long upToMs) {
      Map.Entry<Entry, Long> first = model.ceilingEntry(new Entry(which, Long.MIN_VALUE, ""));
      return first == null || first.getKey().index() != which || first.getKey().timeMs() > upToMs
          ? null
          : first;
    }

    private void commit() {
      transaction++;
      overlay.commit(new Checkpoint(0, 0, 0, transaction, transaction * 100, 0));
      committed = new TreeMap<>(model);
    }

    /** Drops the open transaction, and begins from the store. */
    private void restart() {
      overlay.writeBack();
      if (reopen != null) {
        stored.close();
        stored = reopen.get();
      }
      overlay = new Overlay(stored, limits());
      rows = overlay.rows(1, NUMBERS);
      indexes = open();
      model = new TreeMap<>(committed);
    }

    private void check() {
      for (int which = 0; which < indexes.size(); which++) {
        Map.Entry<Entry, Long> first = firstDue(which, Long.MAX_VALUE);
        assertThat(indexes.get(which).earliestMs())
            .as("%s, step %d", name, step)
            .isLessThanOrEqualTo(first == null ? Long.MAX_VALUE : first.getKey().timeMs());
      }
    }
  }
}
