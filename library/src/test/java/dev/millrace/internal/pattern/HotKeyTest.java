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
 * What an event costs is what it changes: the rows that it touches are as many with ten thousand
 * partial matches of its key as with a thousand, and with each match the same.
 */
final class HotKeyTest {

  private static final int FEW = 1_000;
  private static final int MANY = 10_000;

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

  /** What comes right after an event matters to what that has made, and to nothing else. */
  @Test
  void anEventTouchesThoseAloneToWhichItIsTheNext() throws Exception {
    Pattern<String> pattern =
        Pattern.<String>begin("a")
            .where(event -> event.startsWith("a"))
            .oneOrMore()
            .consecutive()
            .notNext("n")
            .where(event -> event.startsWith("n"))
            .followedBy("b")
            .where(event -> event.startsWith("b"));
    Key key = new Key(pattern);
    for (int i = 0; i < FEW; i++) {
      key.take("a" + i);
      key.take("x");
    }
    assertThat(key.touchedBy("x")).as("the head").isEqualTo(1);
    assertThat(key.touchedBy("a")).as("its own rows").isEqualTo(4);
    assertThat(key.touchedBy("x")).as("that of the event before").isEqualTo(4);
    assertThat(key.touchedBy("n")).as("the head").isEqualTo(1);
    key.take("a");
    key.take("n");
    key.take("b");
    assertThat(key.matches).as("without the one before n").isEqualTo(FEW + 1);
    assertThat(key.state.size()).isZero();
  }

  /** What is closed is there for those that have come of it. */
  @Test
  void oneThatIsLessFarOnGoesOnWithoutThoseThatWereThere() throws Exception {
    Key few = new Key(FEW);
    few.touchedBy("b");
    few.addWaiting(1);
    Key many = new Key(MANY);
    many.touchedBy("b");
    many.addWaiting(1);
    assertThat(many.touchedBy("b")).isEqualTo(few.touchedBy("b")).isLessThan(10);
    assertThat(many.touchedBy("c")).isGreaterThan(MANY);
    assertThat(many.matches).isEqualTo(MANY + 1);
    assertThat(many.state.size()).isZero();
  }

  /**
   * Matches that wait as a skip strategy has it are not read before one that they wait for goes,
   * whatever else is closed or begins to wait.
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
    assertThat(many.touchedBy("b")).isEqualTo(few.touchedBy("b")).isLessThan(10);
    assertThat(many.matches).isZero();
    for (String event : List.of("y", "a", "b")) {
      many.take(event);
    }
    assertThat(many.matches).isEqualTo(1);
    assertThat(many.state.size()).isZero();
  }

  @Test
  void aTimeoutThatLetsNoMatchGoTouchesNeitherThoseThatWaitNorWhatTheyWaitFor() throws Exception {
    Pattern<String> pattern =
        Pattern.<String>begin("a")
            .where(event -> event.startsWith("a"))
            .followedBy("b")
            .where(event -> event.startsWith("b"))
            .where((event, match) -> event.substring(1).equals(match.first("a").substring(1)))
            .within(Duration.ofHours(1))
            .skip(SkipStrategy.pastLast());
    Key few = new Key(pattern);
    few.addWaiting(10);
    few.take("b9");
    Key many = new Key(pattern);
    many.addWaiting(FEW);
    many.take("b" + (FEW - 1));
    for (int i = 0; i < 3; i++) {
      assertThat(many.touchedByTimeout()).isEqualTo(few.touchedByTimeout()).isLessThan(8);
    }
    for (int i = 0; i < 6; i++) {
      assertThat(few.matches).isZero();
      few.touchedByTimeout();
    }
    assertThat(few.matches).isEqualTo(1);
    assertThat(few.state.size()).isZero();
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
    public List<Run> live(int place, long after) {
      return touched(rows.live(place, after));
    }

    @Override
    public List<Run> runs(int place) {
      return touched(rows.runs(place));
    }

    private List<Run> touched(List<Run> found) {
      touched += found.size();
      return found;
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
