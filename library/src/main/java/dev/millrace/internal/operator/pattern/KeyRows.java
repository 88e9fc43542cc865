package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.codec.KeyCodec;
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
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.ArrayList;
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
 *  runs     length of key, key, place (4), number (8)  Run
 *  events   length of key, key, number (8)             TakenEvent
 *  due      time (8), length of key, key, number of the run (8), place (4)
 * </pre>
 *
 * <p>So the runs at a place are one range, and most events concern one place; where they are few,
 * they are named in the row of the key. What is due at a time comes key by key, in the order in
 * which the runs have begun.
 *
 * <p>Objects in rows are not handed out as long as they can be changed: conditions get copies.
 *
 * <p><b>Threads.</b> Confined to the task's worker; an instance is at one key at a time.
 */
final class KeyRows implements MatchState {

  private static final int RUN_BYTES = Long.BYTES + Integer.BYTES;

  private final KeyCodec<Object> keys;
  private final RowStore<Object> heads;
  private final RowStore<Object> runs;
  private final RowStore<Object> events;
  private final RowStore<Object> dueRows;
  private final TimeIndex<Object> due;
  private final UnaryOperator<Object> copying;
  private final boolean isMutable;

  /** The length of the key and the key, and then what a row key has besides. */
  private final ByteWriter rowKey = new ByteWriter(64);

  private byte[] bytes = {};
  private int offset;
  private int length;
  private int hash;

  /** Where the key ends in {@link #rowKey}. */
  private int prefixLength;

  /** The row of the key, once it was looked up. */
  private @Nullable Row<Object> headRow;

  KeyRows(StagePatternMatch plan, OperatorContext context) {
    this.keys = context.keys();
    this.heads = context.rows(plan.heads());
    this.runs = context.rows(plan.runs());
    this.events = context.rows(plan.events());
    this.dueRows = context.rows(plan.due());
    this.due = TimeIndex.of(dueRows, context.room());
    this.copying = context.copying(plan.events());
    this.isMutable = !Types.isImmutable(plan.match().valueType());
  }

  /** Moves to a key. */
  void move(byte[] keyBytes, int keyOffset, int keyLength, int keyHash) {
    bytes = keyBytes;
    offset = keyOffset;
    length = keyLength;
    hash = keyHash;
    rowKey.clear();
    rowKey.writeVarint(keyLength);
    rowKey.writeBytes(keyBytes, keyOffset, keyLength);
    prefixLength = rowKey.size();
    headRow = null;
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

  private Row<Object> headRow() {
    Row<Object> row = headRow;
    if (row == null) {
      row = heads.row(bytes, offset, length, hash);
      headRow = row;
    }
    return row;
  }

  private KeyRow keyRow() {
    KeyRow known = (KeyRow) headRow().value();
    return known == null ? KeyRow.NONE : known;
  }

  @Override
  public @Nullable RunHead head() {
    KeyRow known = (KeyRow) headRow().value();
    return known == null ? null : known.head();
  }

  @Override
  public void head(@Nullable RunHead head) {
    Row<Object> row = headRow();
    if (head == null) {
      row.delete();
    } else {
      row.set(keyRow().with(head));
    }
  }

  // ------------------------------------------------------------------ runs

  private ByteWriter runKey(int place, long id) {
    rowKey.truncate(prefixLength);
    rowKey.writeInt(place);
    rowKey.writeLong(id);
    return rowKey;
  }

  private Row<Object> runRow(int place, long id) {
    ByteWriter key = runKey(place, id);
    return runs.row(key.array(), 0, key.size(), hashOf(key));
  }

  private static int hashOf(ByteWriter key) {
    return Hashing.murmur2(key.array(), 0, key.size());
  }

  @Override
  public List<Run> runs(int place) {
    KeyRow known = keyRow();
    return known.areMany(place) ? scan(place) : lookUp(known.few(), place);
  }

  private List<Run> lookUp(List<RunId> few, int place) {
    List<Run> found = new ArrayList<>(few.size());
    for (int i = 0; i < few.size(); i++) {
      RunId id = few.get(i);
      if (id.place() == place) {
        found.add((Run) Objects.requireNonNull(runRow(place, id.id()).value()));
      }
    }
    return found;
  }

  private List<Run> scan(int place) {
    rowKey.truncate(prefixLength);
    rowKey.writeInt(place);
    List<Run> found = new ArrayList<>();
    try (RowScan<Object> scan = runs.scanPrefix(rowKey.toByteArray())) {
      while (scan.next()) {
        found.add((Run) Objects.requireNonNull(scan.row().value()));
      }
    }
    return found;
  }

  @Override
  public @Nullable Run run(int place, long id) {
    return (Run) runRow(place, id).value();
  }

  @Override
  public void add(Run run) {
    ByteWriter key = runKey(run.place(), run.id());
    runs.absentRow(key.array(), 0, key.size(), hashOf(key)).set(run);
    KeyRow known = keyRow();
    if (!known.areMany(run.place())) {
      headRow().set(known.plus(run));
    }
    addDue(run);
  }

  @Override
  public void replace(Run before, Run after) {
    runRow(after.place(), after.id()).set(after);
    if (before.dueMs() != after.dueMs()) {
      removeDue(before);
      addDue(after);
    }
  }

  @Override
  public void remove(Run run) {
    ByteWriter key = runKey(run.place(), run.id());
    runs.deleteExisting(key.array(), 0, key.size(), hashOf(key));
    KeyRow known = keyRow();
    if (!known.areMany(run.place())) {
      headRow().set(known.minus(run));
    }
    removeDue(run);
  }

  // ------------------------------------------------------------------ events

  private Row<Object> eventRow(long number) {
    ByteWriter key = eventKey(number);
    return events.row(key.array(), 0, key.size(), hashOf(key));
  }

  private ByteWriter eventKey(long number) {
    rowKey.truncate(prefixLength);
    rowKey.writeLong(number);
    return rowKey;
  }

  @Override
  @SuppressWarnings("unchecked") // what the pattern has put there
  public TakenEvent<Object> event(long number) {
    Row<Object> row = eventRow(number);
    return (TakenEvent<Object>) Objects.requireNonNull(isMutable ? row.copiedValue() : row.value());
  }

  @Override
  public void addEvent(long number, TakenEvent<Object> event) {
    ByteWriter key = eventKey(number);
    events
        .absentRow(key.array(), 0, key.size(), hashOf(key))
        .set(
            isMutable
                ? new TakenEvent<>(event.runs(), event.timeMs(), kept(event.value()))
                : event);
  }

  @Override
  public void replaceEvent(long number, TakenEvent<Object> event) {
    Row<Object> row = eventRow(number);
    TakenEvent<?> own = (TakenEvent<?>) Objects.requireNonNull(row.value());
    row.set(new TakenEvent<Object>(event.runs(), own.timeMs(), own.value()));
  }

  @Override
  public void removeEvent(long number) {
    ByteWriter key = eventKey(number);
    events.deleteExisting(key.array(), 0, key.size(), hashOf(key));
  }

  // ------------------------------------------------------------------ what is due

  private ByteWriter dueKey(Run run) {
    rowKey.truncate(prefixLength);
    rowKey.writeLong(run.id());
    rowKey.writeInt(run.place());
    return rowKey;
  }

  private void addDue(Run run) {
    if (run.dueMs() != Edge.ALWAYS) {
      ByteWriter key = dueKey(run);
      due.putNew(run.dueMs(), key.array(), 0, key.size(), true);
    }
  }

  /** An entry that has just fired is in memory: deleting it once more changes nothing. */
  private void removeDue(Run run) {
    if (run.dueMs() != Edge.ALWAYS) {
      ByteWriter key = dueKey(run);
      due.removeExisting(run.dueMs(), key.array(), 0, key.size());
    }
  }

  /** {@return the index of what is due, over all keys} */
  TimeIndex<Object> due() {
    return due;
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

  /** Takes what else is due of the present key at a time, whatever room there is. */
  void takeDue(long timeMs, List<RunId> into) {
    rowKey.truncate(prefixLength);
    try (RowScan<Object> scan =
        dueRows.scanPrefix(OrderedTime.join(timeMs, rowKey.toByteArray()))) {
      while (scan.next()) {
        into.add(run(scan.row().fullKey()));
        scan.row().delete();
      }
    }
  }

  /** {@return the run that a row of the index is about, by the end of its key} */
  static RunId run(byte[] key) {
    ByteReader reader = new ByteReader(key, key.length - RUN_BYTES, RUN_BYTES);
    long id = reader.readLong();
    return new RunId(reader.readInt(), id);
  }
}
