package dev.millrace.internal.timer;

import static dev.millrace.internal.timer.NumberedRows.NUMBERS;
import static dev.millrace.internal.timer.NumberedRows.bytes;
import static dev.millrace.internal.timer.NumberedRows.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows by time: their keys, in which order they fire, and what that reads. */
final class TimeIndexTest {

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

  private void put(long timeMs, String... keys) {
    for (String key : keys) {
      index.put(timeMs, bytes(key), timeMs);
    }
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

  // ------------------------------------------------------------------ firing in steps of time

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

  // ------------------------------------------------------------------ use

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
}
