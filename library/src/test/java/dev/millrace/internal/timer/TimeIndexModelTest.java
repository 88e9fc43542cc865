package dev.millrace.internal.timer;

import static dev.millrace.internal.timer.NumberedRows.NUMBERS;
import static dev.millrace.internal.timer.NumberedRows.bytes;
import static dev.millrace.internal.timer.NumberedRows.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index of times beside a sorted map, under random operations. */
final class TimeIndexModelTest {

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
