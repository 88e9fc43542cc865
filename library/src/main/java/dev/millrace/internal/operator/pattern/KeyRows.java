package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.pattern.Edge;
import dev.millrace.internal.pattern.KeyRow;
import dev.millrace.internal.pattern.MatchState;
import dev.millrace.internal.pattern.Run;
import dev.millrace.internal.pattern.RunHead;
import dev.millrace.internal.pattern.RunId;
import dev.millrace.internal.pattern.TakenEvent;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a key's partial matches.
 *
 * <pre>
 *  store    key                                        value
 *  heads    key                                        KeyRow
 *  runs     length of key, key, place (4), number (8)  Run, with ~place if it is aside
 *  events   length of key, key, number (8)             TakenEvent
 *  due      see {@link DueIndex}
 * </pre>
 *
 * <p>While a key has few runs, they are in its row, with their events. Else each run is a row; so
 * the runs at a place are one range, and most events concern one place.
 *
 * <p>Runs that are closed are there for those that have come of them, or wait to be emitted. Where
 * many lie among the live ones of a place, each event that concerns these would pass them all: so
 * they are put aside, where they are looked up, or scanned if all have to be read.
 *
 * <p>Objects in rows are not handed out as long as they can be changed: conditions get copies.
 *
 * <p>I1: between steps, either all runs of a key are in its row or none is. I2: rows of the key
 * itself and entries for what is in it are written when the step ends. I3: what is aside is closed,
 * and of a place whose runs are not named.
 *
 * <p><b>Threads.</b> Confined to the task's worker; an instance is at one key at a time.
 */
final class KeyRows implements MatchState {

  private static final int NONE = -1;

  /** The share of the operator's memory that the hashes of keys may take. */
  private static final int CACHE_SHARE = 2;

  /**
   * The row of a key with events has so many bytes at most, but for a single one that it begins
   * with: each step writes all of it.
   */
  private static final int MOST_ROW_BYTES = 2_048;

  private final KeyCodec<Object> keys;
  private final RowStore<Object> heads;
  private final RowStore<Object> runs;
  private final RowStore<Object> events;
  private final DueIndex due;
  private final UnaryOperator<Object> copying;
  private final boolean isMutable;
  private final Bounds bounds;
  private final PresentKeys presentKeys;

  /** The length of the key and the key, and then what a row key has besides. */
  private final ByteWriter rowKey = new ByteWriter(64);

  private byte[] bytes = {};
  private int offset;
  private int length;
  private int hash;

  /** Where the key ends in {@link #rowKey}, or {@link #NONE} as long as it is not there. */
  private int prefixLength = NONE;

  /** Whether the row of the key was looked up. */
  private boolean isLookedUp;

  /** The row of the key, if it was looked up and may be there. */
  private @Nullable Row<Object> headRow;

  /** Whether it was there when it was looked up, or after the last step. */
  private boolean isThere;

  /** What it had by then. */
  private KeyRow<Object> before = KeyRow.none();

  /** What it is to have after the step. */
  private KeyRow<Object> present = KeyRow.none();

  /** Whether the step has put an event into it. */
  private boolean mayBeLarge;

  /**
   * The time of the entry for runs in the row that has fired for this step: it is in the index no
   * more. {@link Edge#ALWAYS} if there is none.
   */
  private long firedMs = Edge.ALWAYS;

  /**
   * The bounds of what is done at once.
   *
   * @param mostInside how many runs may be in the row of a key, and how many events
   * @param mostNamed how many runs of a place the row of a key names
   * @param readAtOnce how many keys are read with a commit until all are known
   */
  record Bounds(int mostInside, int mostNamed, int readAtOnce) {

    /** The bounds of a task. */
    static final Bounds DEFAULT = new Bounds(KeyRow.MOST_INSIDE, KeyRow.MOST, 10_000);
  }

  KeyRows(StagePatternMatch plan, OperatorContext context, Bounds bounds) {
    this.keys = context.keys();
    this.heads = context.rows(plan.heads());
    this.runs = context.rows(plan.runs());
    this.events = context.rows(plan.events());
    this.due = new DueIndex(context.rows(plan.due()), context.room());
    this.copying = context.copying(plan.events());
    this.isMutable = !Types.isImmutable(plan.match().valueType());
    this.bounds = bounds;
    this.presentKeys = new PresentKeys(heads, context.cacheBytes() / CACHE_SHARE);
  }

  /** Moves to a key. */
  void move(byte[] keyBytes, int keyOffset, int keyLength, int keyHash) {
    bytes = keyBytes;
    offset = keyOffset;
    length = keyLength;
    hash = keyHash;
    prefixLength = NONE;
    isLookedUp = false;
    firedMs = Edge.ALWAYS;
  }

  /** Moves to a key whose hash is not known. */
  void move(byte[] keyBytes, int keyOffset, int keyLength) {
    move(keyBytes, keyOffset, keyLength, Hashing.murmur2(keyBytes, keyOffset, keyLength));
  }

  /** {@return the present key} */
  Object key() {
    return keys.decode(bytes, offset, length);
  }

  /** {@return the rows of heads} */
  RowStore<Object> heads() {
    return heads;
  }

  /** {@return a copy of an event that a row may keep; the event itself if it cannot be changed} */
  Object kept(Object value) {
    return ((TakenEvent<?>) copying.apply(new TakenEvent<>(0, 0, value))).value();
  }

  // ------------------------------------------------------------------ heads

  /** {@return whether it is known that a key of a hash has no partial matches} */
  boolean isAbsent(int keyHash) {
    return presentKeys.isAbsent(keyHash);
  }

  /** Looks the row of the key up, once for all steps until the next move. */
  @SuppressWarnings("unchecked") // what the pattern has put there
  private KeyRow<Object> present() {
    if (!isLookedUp) {
      isLookedUp = true;
      Row<Object> row = presentKeys.isAbsent(hash) ? null : heads.row(bytes, offset, length, hash);
      headRow = row;
      KeyRow<Object> known = row == null ? null : (KeyRow<Object>) row.value();
      isThere = known != null;
      before = known == null ? KeyRow.none() : known;
      present = before;
      mayBeLarge = false;
    }
    return present;
  }

  private Row<Object> headRow() {
    Row<Object> row = headRow;
    if (row == null) {
      row = heads.absentRow(bytes, offset, length, hash);
      headRow = row;
    }
    return row;
  }

  /** {@return whether a key has matches that wait, by its row} */
  static boolean haveWaiting(Row<Object> row) {
    return ((KeyRow<?>) Objects.requireNonNull(row.value())).head().waiting() > 0;
  }

  @Override
  public @Nullable RunHead head() {
    KeyRow<Object> known = present();
    return isThere ? known.head() : null;
  }

  @Override
  public void head(@Nullable RunHead head) {
    KeyRow<Object> after = present();
    boolean wasThere = isThere;
    if (head == null) {
      present = KeyRow.none();
      if (wasThere) {
        headRow().delete();
        presentKeys.remove(bytes, offset, length, hash);
      }
    } else {
      present = after.with(head);
      Row<Object> row = headRow();
      row.set(present);
      if (isTooLarge(row)) {
        takeApart();
        row.set(present);
      }
      if (!wasThere) {
        presentKeys.add(bytes, offset, length, hash);
      }
    }
    due.set(prefix(), before.runs(), present.runs(), firedMs);
    before = present;
    isThere = head != null;
    mayBeLarge = false;
    firedMs = Edge.ALWAYS;
  }

  /**
   * Whether what is in the row of the key is better in rows of its own. One large event is written
   * with the row at first, but not again.
   */
  private boolean isTooLarge(Row<Object> row) {
    byte[] committed = row.committedBytes();
    boolean mayBe =
        (mayBeLarge && present.events().size() > 1)
            || (committed != null && committed.length > MOST_ROW_BYTES);
    return mayBe && !present.events().isEmpty() && row.storedBytes() > MOST_ROW_BYTES;
  }

  /** Makes rows of what is in the key's row. */
  private void takeApart() {
    KeyRow<Object> whole = present;
    for (Run run : whole.runs()) {
      addRow(run);
    }
    for (KeyRow.NumberedEvent<Object> event : whole.events()) {
      addEventRow(event.number(), event.event());
    }
    present = whole.apart(bounds.mostNamed());
  }

  // ------------------------------------------------------------------ runs

  /** What keys of rows begin with: the length of the key, and the key. */
  private ByteWriter prefix() {
    if (prefixLength == NONE) {
      rowKey.clear();
      rowKey.writeVarint(length);
      rowKey.writeBytes(bytes, offset, length);
      prefixLength = rowKey.size();
    } else {
      rowKey.truncate(prefixLength);
    }
    return rowKey;
  }

  private ByteWriter runKey(int place, long id) {
    ByteWriter key = prefix();
    key.writeInt(place);
    key.writeLong(id);
    return key;
  }

  private Row<Object> runRow(int place, long id) {
    ByteWriter key = runKey(place, id);
    return runs.row(key.array(), 0, key.size(), hashOf(key));
  }

  private static int hashOf(ByteWriter key) {
    return Hashing.murmur2(key.array(), 0, key.size());
  }

  @Override
  public List<Run> live(int place, long after) {
    return present().areMany(place) ? scanLive(place, after) : few(place, after);
  }

  @Override
  public List<Run> runs(int place) {
    if (!present().areMany(place)) {
      return few(place, 0);
    }
    List<Run> all = scan(place);
    all.addAll(scan(~place));
    return all;
  }

  private List<Run> few(int place, long after) {
    KeyRow<Object> known = present();
    return known.isWhole() ? known.runs(place, after) : lookUp(known.few(), place, after);
  }

  private List<Run> lookUp(List<RunId> few, int place, long after) {
    List<Run> found = new ArrayList<>(few.size());
    for (int i = 0; i < few.size(); i++) {
      RunId id = few.get(i);
      if (id.place() == place && id.id() > after) {
        found.add((Run) Objects.requireNonNull(runRow(place, id.id()).value()));
      }
    }
    return found;
  }

  private RowScan<Object> scanRows(int place, long after) {
    byte[] from = runKey(place, after + 1).toByteArray();
    byte[] all = Arrays.copyOf(from, from.length - Long.BYTES);
    return runs.scan(from, RowStore.successor(all));
  }

  private List<Run> scan(int place) {
    List<Run> found = new ArrayList<>();
    try (RowScan<Object> scan = scanRows(place, 0)) {
      while (scan.next()) {
        found.add(runOf(scan.row()));
      }
    }
    return found;
  }

  private static Run runOf(Row<Object> row) {
    return (Run) Objects.requireNonNull(row.value());
  }

  /** Finds the live runs of a place, and puts closed ones aside once they are most of them. */
  private List<Run> scanLive(int place, long after) {
    List<Run> live = new ArrayList<>();
    List<Row<Object>> closed = new ArrayList<>();
    try (RowScan<Object> scan = scanRows(place, after)) {
      while (scan.next()) {
        Run run = runOf(scan.row());
        if (run.open() != 0) {
          live.add(run);
        } else {
          closed.add(scan.row());
        }
      }
    }
    // Each is put aside once, and a scan reads about twice as many as it finds at most.
    if (closed.size() > live.size() + bounds.mostNamed()) {
      closed.forEach(this::putAside);
    }
    return live;
  }

  private void putAside(Row<Object> row) {
    Run run = runOf(row);
    row.delete();
    setNew(run, ~run.place());
  }

  private void setNew(Run run, int place) {
    ByteWriter key = runKey(place, run.id());
    runs.absentRow(key.array(), 0, key.size(), hashOf(key)).set(run);
  }

  @Override
  public @Nullable Run run(int place, long id) {
    KeyRow<Object> known = present();
    if (known.isWhole()) {
      return known.run(place, id);
    }
    Run run = (Run) runRow(place, id).value();
    return run == null && known.areMany(place) ? (Run) runRow(~place, id).value() : run;
  }

  /** The row of a closed run. */
  private Row<Object> closedRow(Run run) {
    Row<Object> row = runRow(run.place(), run.id());
    boolean isAside = present.areMany(run.place()) && !row.exists();
    return isAside ? runRow(~run.place(), run.id()) : row;
  }

  @Override
  public void add(Run run) {
    if (present().isWhole()) {
      if (present.runs().size() < bounds.mostInside()) {
        present = present.with(run);
        return;
      }
      takeApart();
    }
    addRow(run);
    present = present.naming(run, bounds.mostNamed());
  }

  private void addRow(Run run) {
    setNew(run, run.place());
    due.add(prefix(), run);
  }

  @Override
  public void replace(Run from, Run after) {
    if (present().isWhole()) {
      present = present.with(after);
      return;
    }
    boolean isClosed = from.open() == 0;
    (isClosed ? closedRow(from) : runRow(from.place(), from.id())).set(after);
    if (from.dueMs() != after.dueMs()) {
      due.remove(prefix(), from);
      due.add(prefix(), after);
    }
  }

  @Override
  public void remove(Run run) {
    if (present().isWhole()) {
      present = present.without(run);
      return;
    }
    if (run.open() == 0) {
      closedRow(run).delete();
    } else {
      ByteWriter key = runKey(run.place(), run.id());
      runs.deleteExisting(key.array(), 0, key.size(), hashOf(key));
    }
    present = present.forgetting(run);
    due.remove(prefix(), run);
  }

  // ------------------------------------------------------------------ events

  private Row<Object> eventRow(long number) {
    ByteWriter key = eventKey(number);
    return events.row(key.array(), 0, key.size(), hashOf(key));
  }

  private ByteWriter eventKey(long number) {
    ByteWriter key = prefix();
    key.writeLong(number);
    return key;
  }

  @Override
  @SuppressWarnings("unchecked") // what the pattern has put there
  public TakenEvent<Object> event(long number) {
    TakenEvent<Object> inside = present().event(number);
    if (inside != null) {
      return isMutable ? (TakenEvent<Object>) copying.apply(inside) : inside;
    }
    Row<Object> row = eventRow(number);
    return (TakenEvent<Object>) Objects.requireNonNull(isMutable ? row.copiedValue() : row.value());
  }

  @Override
  public void addEvent(long number, TakenEvent<Object> event) {
    TakenEvent<Object> own =
        isMutable ? new TakenEvent<>(event.runs(), event.timeMs(), kept(event.value())) : event;
    if (present().isWhole()) {
      if (present.events().size() < bounds.mostInside()) {
        present = present.with(number, own);
        mayBeLarge = true;
        return;
      }
      takeApart();
    }
    addEventRow(number, own);
  }

  private void addEventRow(long number, TakenEvent<Object> event) {
    ByteWriter key = eventKey(number);
    events.absentRow(key.array(), 0, key.size(), hashOf(key)).set(event);
  }

  @Override
  public void replaceEvent(long number, TakenEvent<Object> event) {
    TakenEvent<Object> inside = present().event(number);
    if (inside != null) {
      present = present.with(number, withRuns(inside, event.runs()));
      return;
    }
    Row<Object> row = eventRow(number);
    row.set(withRuns((TakenEvent<?>) Objects.requireNonNull(row.value()), event.runs()));
  }

  /** The row's own object goes on: that of the caller is a copy which conditions have seen. */
  private static TakenEvent<Object> withRuns(TakenEvent<?> own, int runs) {
    return new TakenEvent<>(runs, own.timeMs(), own.value());
  }

  @Override
  public void removeEvent(long number) {
    if (present().event(number) != null) {
      present = present.without(number);
      return;
    }
    ByteWriter key = eventKey(number);
    events.deleteExisting(key.array(), 0, key.size(), hashOf(key));
  }

  // ------------------------------------------------------------------ what is due

  /** Gets to know more of the keys that were there when the task began. */
  void beforeCommit() {
    presentKeys.readOn(bounds.readAtOnce());
  }

  /** {@return the index of what is due, over all keys} */
  TimeIndex<Object> due() {
    return due.times();
  }

  /** {@return how many runs of the present key have open edges} */
  int liveRuns() {
    RunHead head = head();
    return head == null ? 0 : head.live().stream().mapToInt(Integer::intValue).sum();
  }

  /** {@return how many events of the present key are in partial matches} */
  int events() {
    RunHead head = head();
    return head == null ? 0 : head.events();
  }

  /** Moves to the key of an entry that is due, and finds all its runs that are due at the time. */
  void moveToDue(DueRows<Object> first, List<RunId> into) {
    byte[] entry = first.bytes();
    ByteReader reader = new ByteReader(entry, first.keyOffset(), first.keyLength());
    int keyLength = reader.readVarint();
    move(entry, reader.position(), keyLength);
    if (reader.position() + keyLength == entry.length) {
      firedMs = first.timeMs();
      for (Run run : present().runs()) {
        if (run.dueMs() == first.timeMs()) {
          into.add(new RunId(run.place(), run.id()));
        }
      }
    } else {
      into.add(DueIndex.run(entry));
      if (liveRuns() > 1) {
        due.take(first.timeMs(), prefix(), into);
      }
    }
  }
}
