package dev.millrace.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.spec.Specs;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What an event costs is what it changes: the rows that it touches are as many with a hundred
 * thousand partial matches of its key as with a thousand, and with each match the same.
 */
final class HotKeyTest {

  private static final int FEW = 1_000;
  private static final int MANY = 100_000;

  /** Three of a kind that wait for each other, without conditions on the match so far. */
  private static final Pattern<String> PATTERN =
      Pattern.<String>begin("a")
          .where(event -> event.startsWith("a"))
          .followedBy("b")
          .where(event -> event.startsWith("b"))
          .followedBy("c")
          .where(event -> event.startsWith("c"))
          .within(Duration.ofHours(1));

  @Test
  void anEventThatConcernsNobodyTouchesTheHeadAlone() throws Exception {
    assertThat(new Key(FEW).touchedBy("x")).isEqualTo(1);
    assertThat(new Key(MANY).touchedBy("x")).isEqualTo(1);
    assertThat(new Key(MANY).touchedBy("c")).isEqualTo(1);
  }

  @Test
  void anEventThatBeginsAMatchTouchesItsOwnRows() throws Exception {
    // The head twice, the run and the event.
    assertThat(new Key(FEW).touchedBy("a")).isEqualTo(4);
    assertThat(new Key(MANY).touchedBy("a")).isEqualTo(4);
  }

  @Test
  void aPartialMatchThatTimesOutTouchesItsOwnRows() {
    int few = new Key(FEW).touchedByTimeout();
    assertThat(new Key(MANY).touchedByTimeout()).isEqualTo(few).isLessThan(8);
  }

  @Test
  void anEventThatCompletesMatchesTouchesSomeRowsForEach() throws Exception {
    Key few = new Key(FEW);
    Key many = new Key(MANY);
    double ofFew = (double) (few.touchedBy("b") + few.touchedBy("c")) / FEW;
    double ofMany = (double) (many.touchedBy("b") + many.touchedBy("c")) / MANY;
    assertThat(few.matches).isEqualTo(FEW);
    assertThat(many.matches).isEqualTo(MANY);
    assertThat(ofMany).isLessThanOrEqualTo(ofFew).isLessThan(20);
    assertThat(many.state.size()).isZero();
  }

  @Test
  void oneThatIsFurtherOnIsCompletedWithoutTheOthers() throws Exception {
    Key few = new Key(1);
    few.touchedBy("b");
    few.addWaiting(FEW);
    Key many = new Key(1);
    many.touchedBy("b");
    many.addWaiting(MANY);
    assertThat(many.touchedBy("c")).isEqualTo(few.touchedBy("c")).isLessThan(16);
    assertThat(many.matches).isEqualTo(1);
  }

  /**
   * Matches that wait as a skip strategy has it are not read before one that they wait for goes.
   */
  @Test
  void anEventThatLetsNoMatchGoTouchesNoneThatWaits() throws Exception {
    Pattern<String> pattern =
        Pattern.<String>begin(
                Pattern.<String>begin("z")
                    .where(event -> event.startsWith("z"))
                    .followedBy("y")
                    .where(event -> event.startsWith("y")))
            .optional()
            .followedBy("a")
            .where(event -> event.startsWith("a"))
            .followedBy("b")
            .where(event -> event.startsWith("b"))
            .skip(SkipStrategy.pastLast());
    Key few = new Key(pattern);
    Key many = new Key(pattern);
    few.addMatchesAfter("z", 10);
    many.addMatchesAfter("z", 1_000);
    assertThat(many.touchedBy("a")).isEqualTo(few.touchedBy("a")).isEqualTo(4);
    assertThat(many.matches).isZero();
    for (String event : List.of("y", "a", "b")) {
      many.take(event);
    }
    assertThat(many.matches).isEqualTo(1);
    assertThat(many.state.size()).isZero();
  }

  /** A key with partial matches that wait for their second event. */
  private static final class Key implements MatchResults {
    private final Matcher matcher;
    private final CountingState state = new CountingState();
    private long timeMs;
    private int matches;

    Key(Pattern<String> pattern) {
      this.matcher =
          new Matcher(
              Automaton.of(Specs.of(pattern, PatternSpec.class)),
              new KeyLimit(2 * MANY, KeyLimit.Overflow.FAIL),
              KeyLimit.NONE);
    }

    Key(int waiting) {
      this(PATTERN);
      addWaiting(waiting);
    }

    /** Adds matches that wait for a partial match which begins with an event. */
    void addMatchesAfter(String first, int count) throws Exception {
      take(first);
      for (int i = 0; i < count; i++) {
        take("a" + i);
        take("b" + i);
      }
    }

    void addWaiting(int count) {
      try {
        for (int i = 0; i < count; i++) {
          take("a" + i);
        }
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    int touchedBy(String event) throws Exception {
      state.touched = 0;
      take(event);
      return state.touched;
    }

    private void take(String event) throws Exception {
      matcher.onEvent(state, ++timeMs, event, this);
    }

    int touchedByTimeout() {
      long dueMs = state.nextDueMs();
      List<RunId> due = state.due(dueMs);
      assertThat(due).hasSize(1);
      state.touched = 0;
      matcher.onTime(state, dueMs, due, this);
      return state.touched;
    }

    @Override
    public void match(Path path) {
      matches++;
    }

    @Override
    public void partial(Path path, Reason reason) {}
  }

  /** Counts the rows that are read and written. */
  private static final class CountingState implements MatchState {
    private final HeapMatchState rows = new HeapMatchState();
    private int touched;

    int size() {
      return rows.size();
    }

    long nextDueMs() {
      return rows.nextDueMs();
    }

    List<RunId> due(long timeMs) {
      return rows.due(timeMs);
    }

    @Override
    public @Nullable RunHead head() {
      touched++;
      return rows.head();
    }

    @Override
    public void head(@Nullable RunHead head) {
      touched++;
      rows.head(head);
    }

    @Override
    public List<Run> runs(int place) {
      List<Run> all = rows.runs(place);
      touched += all.size();
      return all;
    }

    @Override
    public @Nullable Run run(int place, long id) {
      touched++;
      return rows.run(place, id);
    }

    @Override
    public void add(Run run) {
      touched++;
      rows.add(run);
    }

    @Override
    public void replace(Run before, Run after) {
      touched++;
      rows.replace(before, after);
    }

    @Override
    public void remove(Run run) {
      touched++;
      rows.remove(run);
    }

    @Override
    public TakenEvent<Object> event(long number) {
      touched++;
      return rows.event(number);
    }

    @Override
    public void addEvent(long number, TakenEvent<Object> event) {
      touched++;
      rows.addEvent(number, event);
    }

    @Override
    public void replaceEvent(long number, TakenEvent<Object> event) {
      touched++;
      rows.replaceEvent(number, event);
    }

    @Override
    public void removeEvent(long number) {
      touched++;
      rows.removeEvent(number);
    }
  }
}
