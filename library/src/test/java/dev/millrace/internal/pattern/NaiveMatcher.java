package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds matches by enumeration, straight from the words of docs/PATTERNS.md: all sequences of
 * stages that the pattern stands for, up to the number of events, each with all choices of events,
 * of which those are kept where every event between two that were taken could be left out.
 *
 * <p>It knows no automaton, no runs and no incremental state: it sees all events at once, and the
 * moment at which something is known is computed, not lived through.
 */
public final class NaiveMatcher {

  /** The pattern stands for more sequences than are enumerated here. */
  public static final class TooManyWordsException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static final int MAX_WORDS = 1_500;

  /** What a greedy stage could take when it is left, or left out. */
  private record Greedy(
      Element.Stage stage, Contiguity contiguity, boolean repeats, List<Element.Not> nots) {}

  /** An event to be taken. */
  private record Letter(
      Element.Stage stage,
      Contiguity contiguity,
      boolean repeats,
      List<Element.Not> nots,
      List<Greedy> unless) {
    Letter after(Contiguity kind, List<Element.Not> notsBefore, List<Greedy> guards) {
      return new Letter(stage, kind, repeats, notsBefore, guards);
    }
  }

  /**
   * A part of a sequence of stages.
   *
   * @param leftOut greedy stages that are left out before its first letter
   * @param unless greedy stages that are left after its last one
   * @param nots what must not come after its last one
   */
  private record Word(
      List<Letter> letters,
      List<Element.Stage> leftOut,
      List<Greedy> unless,
      List<Element.Not> nots) {}

  /** All words that begin alike. */
  private static final class Trie {
    final Map<Letter, Trie> ways = new LinkedHashMap<>();
    final Set<Word> ends = new LinkedHashSet<>();
  }

  /** A moment: an event, or a time, which is before the events of that time. */
  record Moment(long timeMs, int event) implements Comparable<Moment> {

    static final Moment NEVER = new Moment(Long.MAX_VALUE, Integer.MAX_VALUE);

    static Moment ofTime(long timeMs) {
      return new Moment(timeMs, -1);
    }

    boolean isTime() {
      return event < 0;
    }

    @Override
    public int compareTo(Moment other) {
      int byTime = Long.compare(timeMs, other.timeMs);
      return byTime != 0 ? byTime : Integer.compare(event, other.event);
    }
  }

  /** A partial match, from the moment it is there to the moment nothing can come of it. */
  private record Life(int start, Moment from, Moment to) {}

  private record Hit(Moment moment, Path path) {
    int start() {
      return (int) path.taken().get(0).event();
    }
  }

  private final PatternSpec pattern;
  private final List<Happening> events;
  private final List<String> stages = new ArrayList<>();
  private final int most;
  private final List<Life> lives = new ArrayList<>();
  private final List<Hit> complete = new ArrayList<>();

  /** When nothing is open to a partial match any more, whatever way it has come. */
  private final Map<List<List<Long>>, Hit> closed = new LinkedHashMap<>();

  /** Creates a matcher of a sequence of events. */
  public NaiveMatcher(PatternSpec pattern, List<Happening> events) {
    this.pattern = pattern;
    this.events = events;
    this.most = events.size() + 1;
    name(pattern.elements());
  }

  /** {@return what is found, in order; time goes on until nothing is due any more} */
  public List<String> find() throws Exception {
    explore();
    return output(Map.of(), Map.of());
  }

  /**
   * {@return what is found if partial matches are dropped}
   *
   * @param dropped when those with the same first event were dropped
   * @param reports what is reported of them
   */
  List<String> find(Map<Integer, Moment> dropped, Map<Moment, List<String>> reports)
      throws Exception {
    explore();
    return output(dropped, reports);
  }

  /** {@return the partial matches to which something is open after the last event} */
  List<Path> open() throws Exception {
    explore();
    return openAfter(events.get(events.size() - 1).timeMs());
  }

  /** {@return those to which something is open at a time after the last event} */
  List<Path> openAt(long timeMs) throws Exception {
    explore();
    return openAfter(timeMs);
  }

  private List<Path> openAfter(long timeMs) {
    return closed.values().stream()
        .filter(end -> end.moment().timeMs() > timeMs)
        .filter(end -> end.moment().isTime() || end.moment().equals(Moment.NEVER))
        .map(Hit::path)
        .toList();
  }

  /** {@return whether a partial match was a match by the last event} */
  boolean isComplete(Path path) {
    Moment now = moment(events.size() - 1);
    return complete.stream()
        .anyMatch(hit -> hit.moment().compareTo(now) <= 0 && hit.path().isSame(path));
  }

  private void explore() throws Exception {
    Trie root = new Trie();
    for (Word word : sequence(pattern.elements(), most)) {
      Trie at = root;
      List<Letter> letters = new ArrayList<>(word.letters());
      letters.set(0, letters.get(0).after(Contiguity.ANY, List.of(), greedy(word.leftOut())));
      for (Letter letter : letters) {
        at = at.ways.computeIfAbsent(letter, ignored -> new Trie());
      }
      at.ends.add(word);
    }
    for (int first = 0; first < events.size(); first++) {
      for (Map.Entry<Letter, Trie> way : root.ways.entrySet()) {
        if (takesAsFirst(way.getKey(), first)) {
          live(way.getValue(), List.of(taken(way.getKey(), first)));
        }
      }
    }
  }

  private static List<Greedy> greedy(List<Element.Stage> leftOut) {
    return leftOut.stream()
        .map(stage -> new Greedy(stage, Contiguity.ANY, false, List.of()))
        .toList();
  }

  private void name(List<Element> elements) {
    for (Element element : elements) {
      if (element instanceof Element.Stage stage) {
        stages.add(stage.name());
      } else if (element instanceof Element.Group group) {
        name(group.elements());
      }
    }
  }

  // ------------------------------------------------------------------ words

  private List<Word> sequence(List<Element> elements, int length) {
    List<Word> words = List.of(new Word(List.of(), List.of(), List.of(), List.of()));
    for (Element element : elements) {
      List<Word> longer = new ArrayList<>();
      for (Word word : words) {
        if (element instanceof Element.Not not) {
          longer.add(
              new Word(word.letters(), word.leftOut(), word.unless(), plus(word.nots(), not)));
          continue;
        }
        Contiguity contiguity =
            element instanceof Element.Stage stage
                ? stage.contiguity()
                : ((Element.Group) element).contiguity();
        for (Word next : words(element, length - word.letters().size())) {
          longer.add(joined(word, next, contiguity));
        }
      }
      words = checked(longer);
    }
    return words;
  }

  /** Loops in loops stand for more words than anyone wants to enumerate. */
  private static List<Word> checked(List<Word> words) {
    if (words.size() > MAX_WORDS) {
      throw new TooManyWordsException();
    }
    return words;
  }

  private List<Word> words(Element element, int length) {
    return element instanceof Element.Stage stage
        ? words(stage, length)
        : words((Element.Group) element, length);
  }

  private static List<Word> words(Element.Stage stage, int length) {
    Quantifier often = stage.quantifier();
    List<Word> words = new ArrayList<>();
    if (often.optional()) {
      words.add(
          new Word(List.of(), often.greedy() ? List.of(stage) : List.of(), List.of(), List.of()));
    }
    List<Letter> letters = new ArrayList<>();
    for (int times = 1; times <= Math.min(length, often.max()); times++) {
      letters.add(new Letter(stage, often.inner(), times > 1, List.of(), List.of()));
      if (times >= often.min()) {
        boolean couldGoOn = often.greedy() && times < often.max();
        words.add(
            new Word(
                List.copyOf(letters),
                List.of(),
                couldGoOn ? List.of(new Greedy(stage, often.inner(), true, List.of())) : List.of(),
                List.of()));
      }
    }
    // What is longer than all events can still be waited for.
    if (often.min() > length) {
      words.add(new Word(List.copyOf(letters), List.of(), List.of(), List.of()));
    }
    return words;
  }

  private List<Word> words(Element.Group group, int length) {
    Quantifier often = group.quantifier();
    List<Word> words = new ArrayList<>();
    if (often.optional()) {
      words.add(new Word(List.of(), List.of(), List.of(), List.of()));
    }
    List<Word> rounds = sequence(group.elements(), length);
    for (int times = 1; times <= Math.min(length, often.max()); times++) {
      if (times > 1) {
        List<Word> longer = new ArrayList<>();
        for (Word before : rounds) {
          for (Word next : sequence(group.elements(), length - before.letters().size())) {
            longer.add(joined(before, next, often.inner()));
          }
        }
        rounds = checked(longer);
      }
      if (times >= often.min()) {
        words.addAll(rounds);
      }
    }
    if (often.min() > length) {
      words.addAll(rounds);
    }
    return words;
  }

  private static Word joined(Word before, Word next, Contiguity contiguity) {
    if (before.letters().isEmpty()) {
      List<Element.Stage> leftOut = new ArrayList<>(before.leftOut());
      leftOut.addAll(next.leftOut());
      return new Word(next.letters(), List.copyOf(leftOut), next.unless(), next.nots());
    }
    List<Greedy> guards = new ArrayList<>(before.unless());
    for (Element.Stage stage : next.leftOut()) {
      guards.add(new Greedy(stage, contiguity, false, before.nots()));
    }
    if (next.letters().isEmpty()) {
      return new Word(before.letters(), before.leftOut(), List.copyOf(guards), before.nots());
    }
    List<Letter> letters = new ArrayList<>(before.letters());
    letters.add(next.letters().get(0).after(contiguity, before.nots(), List.copyOf(guards)));
    letters.addAll(next.letters().subList(1, next.letters().size()));
    return new Word(List.copyOf(letters), before.leftOut(), next.unless(), next.nots());
  }

  private static <T> List<T> plus(List<T> list, T last) {
    List<T> all = new ArrayList<>(list);
    all.add(last);
    return List.copyOf(all);
  }

  // ------------------------------------------------------------------ choices of events

  private Path.Taken taken(Letter letter, int event) {
    Happening happening = events.get(event);
    int stage = stages.indexOf(letter.stage().name());
    return new Path.Taken(stage, event, happening.timeMs(), happening);
  }

  private Path path(List<Path.Taken> taken) {
    return new Path(stages, () -> taken);
  }

  /** Follows a partial match in all ways. */
  private void live(Trie at, List<Path.Taken> taken) throws Exception {
    int last = (int) taken.get(taken.size() - 1).event();
    Moment there = moment(last);
    if (at.ends.stream().anyMatch(word -> word.nots().isEmpty())) {
      complete.add(new Hit(there, path(taken)));
    }
    Moment closes = there;
    for (Map.Entry<Letter, Trie> way : at.ways.entrySet()) {
      Moment until = follow(way.getKey(), way.getValue(), taken);
      closes = until.compareTo(closes) > 0 ? until : closes;
    }
    for (Word word : at.ends) {
      if (!word.nots().isEmpty()) {
        Moment until = waitForEnd(word, taken);
        if (until.isTime()) {
          complete.add(new Hit(until, path(taken)));
        }
        closes = until.compareTo(closes) > 0 ? until : closes;
      }
    }
    int start = (int) taken.get(0).event();
    lives.add(new Life(start, there, closes));
    Hit end = new Hit(closes, path(taken));
    closed.merge(
        List.of(eventsOf(end), stagesOf(end)),
        end,
        (one, other) -> one.moment().compareTo(other.moment()) < 0 ? other : one);
  }

  private Moment moment(int event) {
    return new Moment(events.get(event).timeMs(), event);
  }

  /** Takes a letter with each event that it can be; returns when it cannot be taken any more. */
  private Moment follow(Letter letter, Trie next, List<Path.Taken> taken) throws Exception {
    int last = (int) taken.get(taken.size() - 1).event();
    long endMs = endMs(taken, letter.stage().gapMs().orElse(Long.MAX_VALUE));
    for (int event = last + 1; event < events.size(); event++) {
      if (events.get(event).timeMs() >= endMs) {
        return Moment.ofTime(endMs);
      }
      boolean mayCome = mayCome(letter, taken, last, event);
      if (mayCome && takes(letter.stage(), taken, event)) {
        live(next, plus(taken, taken(letter, event)));
      }
      if (!mayCome || !mayBeLeftOut(letter, taken, event)) {
        return moment(event);
      }
    }
    return endMs == Long.MAX_VALUE ? Moment.NEVER : Moment.ofTime(endMs);
  }

  /** When a wait for nothing ends: by time if it was granted, else by the event that came. */
  private Moment waitForEnd(Word word, List<Path.Taken> taken) throws Exception {
    int last = (int) taken.get(taken.size() - 1).event();
    long gapMs = Long.MAX_VALUE;
    for (Element.Not not : word.nots()) {
      gapMs = Math.min(gapMs, not.gapMs().orElse(Long.MAX_VALUE));
    }
    long endMs = endMs(taken, gapMs);
    for (int event = last + 1; event < events.size(); event++) {
      if (events.get(event).timeMs() >= endMs) {
        break;
      }
      if (isHit(word.nots(), taken, last, event) || anyTakes(word.unless(), taken, last, event)) {
        return moment(event);
      }
    }
    return Moment.ofTime(endMs);
  }

  private long endMs(List<Path.Taken> taken, long gapMs) {
    long whole =
        pattern.withinMs().isPresent()
            ? taken.get(0).timeMs() + pattern.withinMs().getAsLong()
            : Long.MAX_VALUE;
    long own = gapMs == Long.MAX_VALUE ? gapMs : taken.get(taken.size() - 1).timeMs() + gapMs;
    return Math.min(whole, own);
  }

  private boolean takes(Element.Stage stage, List<Path.Taken> taken, int event) throws Exception {
    Path soFar = path(taken);
    Happening happening = events.get(event);
    return stage.test().holds(happening, soFar)
        && !(stage.until().isPresent() && stage.until().get().holds(happening, soFar));
  }

  /**
   * The first letter can come at any time, unless a greedy stage that is left out could take it.
   */
  private boolean takesAsFirst(Letter letter, int event) throws Exception {
    for (Greedy greedy : letter.unless()) {
      if (takes(greedy.stage(), List.of(), event)) {
        return false;
      }
    }
    return takes(letter.stage(), List.of(), event);
  }

  /** Whether an event may come as this letter, if its stage takes it. */
  private boolean mayCome(Letter letter, List<Path.Taken> taken, int last, int event)
      throws Exception {
    return (letter.contiguity() != Contiguity.STRICT || event == last + 1)
        && !isHit(letter.nots(), taken, last, event)
        && !anyTakes(letter.unless(), taken, last, event);
  }

  /** Whether an event that might have been taken as this letter may be left out. */
  private boolean mayBeLeftOut(Letter letter, List<Path.Taken> taken, int event) throws Exception {
    return switch (letter.contiguity()) {
      case STRICT -> false;
      case RELAXED -> !takes(letter.stage(), taken, event) && !isUntil(letter, taken, event);
      case ANY -> !isUntil(letter, taken, event);
    };
  }

  private boolean isUntil(Letter letter, List<Path.Taken> taken, int event) throws Exception {
    return letter.repeats()
        && letter.stage().until().isPresent()
        && letter.stage().until().get().holds(events.get(event), path(taken));
  }

  private boolean isHit(List<Element.Not> nots, List<Path.Taken> taken, int last, int event)
      throws Exception {
    for (Element.Not not : nots) {
      if ((!not.onlyNext() || event == last + 1)
          && not.test().holds(events.get(event), path(taken))) {
        return true;
      }
    }
    return false;
  }

  private boolean anyTakes(List<Greedy> stages, List<Path.Taken> taken, int last, int event)
      throws Exception {
    for (Greedy greedy : stages) {
      if (couldTake(greedy, taken, last, event)) {
        return true;
      }
    }
    return false;
  }

  private boolean couldTake(Greedy greedy, List<Path.Taken> taken, int last, int event)
      throws Exception {
    Letter letter =
        new Letter(greedy.stage(), greedy.contiguity(), greedy.repeats(), greedy.nots(), List.of());
    long endMs = endMs(taken, greedy.stage().gapMs().orElse(Long.MAX_VALUE));
    if (events.get(event).timeMs() >= endMs) {
      return false;
    }
    for (int between = last + 1; between < event; between++) {
      if (!mayCome(letter, taken, last, between) || !mayBeLeftOut(letter, taken, between)) {
        return false;
      }
    }
    return mayCome(letter, taken, last, event) && takes(greedy.stage(), taken, event);
  }

  // ------------------------------------------------------------------ output

  private List<String> output(Map<Integer, Moment> dropped, Map<Moment, List<String>> reports) {
    TreeSet<Moment> moments = new TreeSet<>(reports.keySet());
    moments.add(Moment.NEVER); // The end: what still waits for others waits no longer.
    lives.forEach(
        life -> {
          moments.add(life.from());
          moments.add(life.to());
        });
    complete.forEach(hit -> moments.add(hit.moment()));
    complete.removeIf(hit -> isAfter(hit, dropped));
    List<Hit> timedOut =
        closed.values().stream()
            .filter(end -> end.moment().isTime() && !isAfter(end, dropped))
            .filter(end -> complete.stream().noneMatch(hit -> hit.path().isSame(end.path())))
            .toList();
    List<String> found = new ArrayList<>();
    Set<Integer> gone = new HashSet<>();
    List<Hit> waiting = new ArrayList<>();
    for (Moment moment : moments) {
      complete.stream()
          .filter(hit -> hit.moment().equals(moment) && !gone.contains(hit.start()))
          .filter(hit -> waiting.stream().noneMatch(other -> other.path().isSame(hit.path())))
          .forEach(waiting::add);
      List<String> partials =
          Stream.concat(
                  reports.getOrDefault(moment, List.of()).stream(),
                  timedOut.stream()
                      .filter(hit -> hit.moment().equals(moment) && !gone.contains(hit.start()))
                      .map(hit -> Found.partial(hit.path(), MatchResults.Reason.TIMED_OUT)))
              .distinct()
              .sorted()
              .toList();
      while (true) {
        Optional<Hit> first = waiting.stream().min(NaiveMatcher::compare);
        if (first.isEmpty() || (pattern.skip().skips() && isKept(first.get(), moment, gone))) {
          break;
        }
        Hit match = first.get();
        waiting.remove(match);
        found.add(Found.match(match.path()));
        skip(match, gone);
        waiting.removeIf(hit -> gone.contains(hit.start()));
      }
      found.addAll(partials);
    }
    return found;
  }

  private static boolean isAfter(Hit hit, Map<Integer, Moment> dropped) {
    Moment when = dropped.get(hit.start());
    return when != null && hit.moment().compareTo(when) > 0;
  }

  private static int compare(Hit one, Hit other) {
    return Comparator.comparingInt(Hit::start)
        .thenComparing(Hit::moment)
        .thenComparing(hit -> -hit.path().taken().size())
        .thenComparing(NaiveMatcher::eventsOf, NaiveMatcher::compare)
        .thenComparing(NaiveMatcher::stagesOf, NaiveMatcher::compare)
        .compare(one, other);
  }

  private static List<Long> eventsOf(Hit hit) {
    return hit.path().taken().stream().map(Path.Taken::event).toList();
  }

  private static List<Long> stagesOf(Hit hit) {
    return hit.path().taken().stream().map(taken -> (long) taken.stage()).toList();
  }

  private static int compare(List<Long> one, List<Long> other) {
    for (int i = 0; i < one.size(); i++) {
      int order = Long.compare(one.get(i), other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /** Whether a match has to wait for a partial one that has started before it. */
  private boolean isKept(Hit match, Moment now, Set<Integer> gone) {
    return lives.stream()
        .anyMatch(
            life ->
                life.start() < match.start()
                    && !gone.contains(life.start())
                    && life.from().compareTo(now) <= 0
                    && life.to().compareTo(now) > 0);
  }

  private void skip(Hit match, Set<Integer> gone) {
    List<Path.Taken> taken = match.path().taken();
    switch (pattern.skip().kind()) {
      case NO_SKIP -> {}
      case TO_NEXT -> gone.add(match.start());
      case PAST_LAST -> goneBefore(taken.get(taken.size() - 1).event() + 1, gone);
      case TO_FIRST -> goneBefore(ofStage(taken).get(0), gone);
      case TO_LAST -> goneBefore(ofStage(taken).get(ofStage(taken).size() - 1), gone);
    }
  }

  private List<Long> ofStage(List<Path.Taken> taken) {
    int stage = stages.indexOf(pattern.skip().stage());
    return taken.stream().filter(each -> each.stage() == stage).map(Path.Taken::event).toList();
  }

  private static void goneBefore(long event, Set<Integer> gone) {
    for (int start = 0; start < event; start++) {
      gone.add(start);
    }
  }
}
