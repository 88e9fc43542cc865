package dev.millrace.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each rule of the matcher matters: where it is changed, random patterns find something else than
 * enumeration does ({@link PatternEquivalenceTest}).
 *
 * <p>A mutant is a line of the sources in place of another, compiled for itself; white space does
 * not count. One that is not found any more fails: its line was changed, so change it here, too.
 */
@Tag("slow")
final class MatcherMutantsTest {

  private static final Path SOURCES = Path.of("src/main/java");
  private static final String LIMITS = "StepLimits";
  private static final String PACKAGE = "dev/millrace/internal/pattern/";
  private static final int MAX_PATTERNS = 3_000;
  private static final long FIRST_SEED = 1_000;
  private static final long PATIENCE_SECONDS = 120;

  @TempDir Path directory;

  record Mutant(String name, String type, String line, String instead) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Mutant step(String name, String line, String instead) {
    return new Mutant(name, "MatchStep", line, instead);
  }

  private static Mutant runs(String name, String line, String instead) {
    return new Mutant(name, "WorkingRuns", line, instead);
  }

  private static Mutant answers(String name, String line, String instead) {
    return new Mutant(name, "Answers", line, instead);
  }

  private static Mutant results(String name, String line, String instead) {
    return new Mutant(name, "StepResults", line, instead);
  }

  private static Mutant limits(String name, String line, String instead) {
    return new Mutant(name, LIMITS, line, instead);
  }

  private static Mutant compiler(String name, String line, String instead) {
    return new Mutant(name, "AutomatonCompiler", line, instead);
  }

  static Stream<Mutant> mutants() {
    return Stream.of(
        step(
            "M1: what must not come does not matter",
            "if ((isNext || !not.onlyNext()) && answers.ask(",
            "if (false && answers.ask("),
        step(
            "M1: notNext holds for all",
            "if ((isNext || !not.onlyNext()) && answers.ask(",
            "if (answers.ask("),
        step(
            "M1: notFollowedBy holds for the next only",
            "if ((isNext || !not.onlyNext()) && answers.ask(",
            "if (isNext && answers.ask("),
        step("M1: what must not come is taken", "left &= ~bit; // M1 continue;", "left &= ~bit;"),
        step(
            "M2: a strict edge stays open",
            "if (edge.contiguity() == Contiguity.STRICT // M2 || (edge",
            "if ((edge"),
        step("M3: until may be taken", "if (!ends && answers.ask(", "if (answers.ask("),
        step(
            "M3: no condition is asked",
            "if (!ends && answers.ask(target.test(), soFar))",
            "if (!ends)"),
        step(
            "M3: one child only",
            "taken |= taking & bit;",
            "taken |= taken == 0 ? taking & bit : 0;"),
        step("M4: until does not end", "|| (edge.repeats() && ends)", ""),
        step("M4: until ends the first event, too", "|| (edge.repeats() && ends)", "|| ends"),
        step(
            "M5: greedy does not matter",
            "if ((edges.get(i).unless() & taking) != 0)",
            "if (false)"),
        step("M5: greedy takes, but does not close", "left &= ~bit; // M5", ""),
        step(
            "M6: a relaxed edge stays open",
            "edge.contiguity() == Contiguity.RELAXED && (taking",
            "false && (taking"),
        step(
            "M6: an edge for any events is closed",
            "edge.contiguity() == Contiguity.RELAXED && (taking",
            "(taking"),
        step(
            "M7: nothing begins while something is under way",
            "follow(null, automaton.starts()",
            "if (concerned.isEmpty()) follow(null, automaton.starts()"),
        step("M8: the end in time is no match", "matched |= edges.get(i).isEnd();", ""),
        step(
            "M8: every edge in time is a match",
            "matched |= edges.get(i).isEnd();",
            "matched = true;"),
        step("M8: nothing is complete", "if (place.accepts()) { // M8", "if (false) {"),
        step("M8: matches that wait are not marked", "child.completed = runs.moment();", ""),
        step("M9: within is one longer", "nowMs >= runs.dueMs(", "nowMs > runs.dueMs("),
        runs("M9: within is ignored", "plus(run.startMs, automaton.withinMs())", "Edge.ALWAYS"),
        runs(
            "M9: within is counted from the last event",
            "plus(run.startMs, automaton.withinMs())",
            "plus(run.lastMs, automaton.withinMs())"),
        runs("M9: withinPrevious is ignored", "plus(run.lastMs, edge.gapMs())", "Edge.ALWAYS"),
        runs(
            "M9: withinPrevious is counted from the first event",
            "plus(run.lastMs, edge.gapMs())",
            "plus(run.startMs, edge.gapMs())"),
        step("M9: matches time out, too", "run.open == 0 && run.completed == 0", "run.open == 0"),
        step(
            "M9: what has open edges times out",
            "run.open == 0 && run.completed == 0",
            "run.completed == 0"),
        results(
            "M10: no match waits",
            "if (settles() && live < byStart.size()",
            "if (false && live < byStart.size()"),
        results(
            "M10: a match waits for those of its start",
            "byStart.get(live).start < match.start",
            "byStart.get(live).start <= match.start"),
        results("M10: starts do not matter", "if (byStart != 0) {", "if (false) {"),
        results("M10: moments do not matter", "return byMoment != 0 ? byMoment :", "return"),
        results("M10: toNext skips none", "TO_NEXT -> taken.get(0).event() + 1;", "TO_NEXT -> 0;"),
        results(
            "M10: pastLast keeps the last",
            "taken.get(taken.size() - 1).event() + 1;",
            "taken.get(taken.size() - 1).event();"),
        results(
            "M10: toFirst is toLast",
            "TO_FIRST -> ofStage(taken).get(0)",
            "TO_FIRST -> ofStage(taken).get(ofStage(taken).size() - 1)"),
        results(
            "M10: toLast is toFirst",
            "TO_LAST -> ofStage(taken).get(ofStage(taken).size() - 1)",
            "TO_LAST -> ofStage(taken).get(0)"),
        results(
            "M10: toFirst skips what starts with the event",
            "ofStage(taken).get(0).event();",
            "ofStage(taken).get(0).event() + 1;"),
        results(
            "M10: what waits is not skipped", "run.completed = Math.min(run.completed, 0);", ""),
        results(
            "M10: what is live is not skipped",
            "run.open = 0; run.completed = Math.min",
            "run.completed = Math.min"),
        results(
            "M10: what waits does so for as long as anything is open",
            "runs.earlier(first) == 0",
            "runs.live() == 0"),
        results(
            "M10: one that waits is not looked at as the first",
            "return first == RunHead.NO_START || runs",
            "return runs"),
        runs(
            "M10: a match that becomes the first to wait does so for runs after it",
            "return RunHead.NO_START;",
            "break;"),
        runs(
            "M10: a match waits for those of its start, which others wait for",
            "if (run.start < firstWaiting)",
            "if (run.start <= firstWaiting)"),
        step(
            "M11: what was a match in another way is unfinished", "markMatched(grown, grown);", ""),
        step(
            "M11: what times out in one way is not open in another",
            "|| runs.all().stream().anyMatch(other -> other.isLive() && isSame(other, run))",
            ""),
        results(
            "M11: the same match is emitted again",
            "return automaton.isAmbiguous() && before",
            "return false && before"),
        results(
            "M11: the same match waits again",
            "if (automaton.isAmbiguous()) { emitSame(",
            "if (false) { emitSame("),
        results(
            "M11: the same is unfinished again", "if (!automaton.isAmbiguous() ||", "if (true ||"),
        results(
            "order: matches of one event come as they are found",
            "complete.sort(",
            "new ArrayList<>(complete).sort("),
        answers(
            "reading: conditions on the match are passed over",
            "if (!(test instanceof EventTest.Joined joined)) { return true; }",
            "if (!(test instanceof EventTest.Joined joined)) { return false; }"),
        answers(
            "reading: the first of two conditions decides",
            "return (may && joined.first().readsMatch()) || mayHold(joined.second());",
            "return may;"),
        answers(
            "reading: until is passed over",
            "|| (edge.repeats() && target.until().isPresent() && mayHold(target.until().get()))",
            ""),
        answers(
            "reading: what must not come is passed over",
            "if (!not.onlyNext() && mayHold(not.test())) { return true; }",
            ""),
        new Mutant(
            "reading: what is next is passed over",
            "Matcher",
            "(areNew && place.dependsOnNext()) || ",
            ""),
        step(
            "reading: those to which it is the next are passed over",
            "place.dependsOnNext() ? runs.newestAt(index) : List.of()",
            "List.of()"),
        runs(
            "reading: one to which it is the next is passed over",
            "liveAt(place, head.newest())",
            "liveAt(place, head.newest() + 1)"),
        runs(
            "reading: it does not matter what is next to a new one",
            "isKept && matters ? moment : RunHead.NONE_NEW",
            "RunHead.NONE_NEW"),
        answers(
            "reading: what begins a match is passed over",
            "if (mayHold(automaton.places().get(edge.target()).test())) { return true; }",
            ""),
        answers("reading: the answer of the event before holds", "number++;", ""),
        new Mutant(
            "reading: the first place alone is looked at", "Matcher", "i < live.size()", "i < 1"),
        runs(
            "reading: what waits is passed over",
            "head.waiting() > 0 && (place.accepts()",
            "false && (place.accepts()"),
        runs(
            "events: one that nobody takes has no number",
            "if (isKept || head.newest() != RunHead.NONE_NEW) {",
            "if (isKept) {"),
        runs(
            "events: what is next is not the one after",
            "return run.event + 1 == nextEvent;",
            "return run.event == nextEvent;"),
        runs("events: their number is not counted", "kept += (known", "known += (known"),
        runs(
            "tree: what others have come of goes",
            "&& run.completed <= 0 && run.children == 0",
            "&& run.completed <= 0"),
        runs(
            "tree: what waits goes",
            "&& run.completed <= 0 && run.children == 0",
            "&& run.children == 0"),
        runs(
            "tree: what was before does not go",
            "run = run.parent; if (run != null) { run.children--; }",
            "run = null;"),
        compiler(
            "greedy that is left out does not matter",
            "List<KnownGuard> left = known(next.skipped().get(), contiguity, exit.nots());",
            "List<KnownGuard> left = List.of();"),
        compiler(
            "greedy that is left out before an entry does not matter",
            "joined(exit.guards(), known(entry.guards(), contiguity, exit.nots()))",
            "exit.guards()"),
        compiler(
            "greedy at the beginning does not matter",
            "known(entry.guards(), Contiguity.ANY, List.of())",
            "List.of()"),
        compiler(
            "a group does not repeat",
            "if (round == count && quantifier.isUnbounded()) {",
            "if (false) {"),
        compiler(
            "rounds are relaxed",
            "connect(exit, body.entries(), quantifier.inner()); } if",
            "connect(exit, body.entries(), Contiguity.RELAXED); } if"),
        compiler(
            "a stage repeats by its own contiguity",
            "target, quantifier.inner(), true, List.of(), List.of(), gapInto(target)",
            "target, stage.contiguity(), true, List.of(), List.of(), gapInto(target)"),
        compiler(
            "what must not come is forgotten over what is left out",
            "after.add(new Exit(exit.place(), joined(exit.guards(), left), exit.nots()));",
            "after.add(new Exit(exit.place(), joined(exit.guards(), left), List.of()));"),
        limits(
            "limits: partial matches have none", "if (live <= mostRuns.most() ||", "if (true ||"),
        limits("limits: events have none", "if (kept <= mostEvents.most() ||", "if (true ||"),
        limits(
            "limits: the latest go first",
            "new TreeMap<>();",
            "new TreeMap<>(java.util.Collections.reverseOrder());"),
        limits("limits: matches are unfinished, too", "if (run.completed == 0) {", "if (true) {"),
        limits(
            "limits: what is dropped keeps its events",
            "oldest.forEach(runs::releaseIfDone);",
            ""));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void isCaught(Mutant mutant) throws Exception {
    Path classes = compile(mutant);
    try (URLClassLoader loader = loader(classes)) {
      Method compare =
          loader
              .loadClass(PatternEquivalenceTest.class.getName())
              .getDeclaredMethod(
                  mutant.type().equals(LIMITS) ? "compareLimited" : "compare", long.class);
      compare.setAccessible(true);
      FutureTask<Long> search = new FutureTask<>(difference(compare));
      Thread thread = new Thread(search, "mutant");
      thread.setDaemon(true);
      thread.start();
      assertThat(await(search)).as("%s: the seed that finds it", mutant).isNotNegative();
    }
  }

  /** A mutant that does not come to an end is caught as well. */
  private static long await(FutureTask<Long> search)
      throws InterruptedException, ExecutionException {
    try {
      return search.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return 0;
    }
  }

  /** The first seed with a difference, or -1. */
  private static Callable<Long> difference(Method compare) {
    return () -> {
      for (long seed = FIRST_SEED; seed < FIRST_SEED + MAX_PATTERNS; seed++) {
        try {
          compare.invoke(null, seed);
        } catch (InvocationTargetException e) {
          return seed;
        }
      }
      return -1L;
    };
  }

  private Path compile(Mutant mutant) throws IOException {
    String file = PACKAGE + mutant.type() + ".java";
    String source = Files.readString(SOURCES.resolve(file));
    String line =
        Stream.of(mutant.line().split(" "))
            .map(Pattern::quote)
            .reduce((one, other) -> one + "\\s+" + other)
            .orElseThrow();
    Matcher found = Pattern.compile(line).matcher(source);
    assertThat(found.find()).as("%s has the line of: %s", file, mutant).isTrue();
    Path mutated = directory.resolve(file);
    Files.createDirectories(mutated.getParent());
    Files.writeString(
        mutated,
        source.substring(0, found.start()) + mutant.instead() + source.substring(found.end()));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    Path classes = Files.createDirectories(directory.resolve("classes"));
    int failures =
        compiler.run(
            null,
            null,
            null,
            "-nowarn",
            "-proc:none",
            "-Xlint:none",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            classes.toString(),
            mutated.toString());
    assertThat(failures).as("%s can be compiled", mutant).isZero();
    return classes;
  }

  /** Loads the matcher and its tests anew, with the mutant in them. */
  private static URLClassLoader loader(Path classes) throws IOException {
    List<URL> places = new ArrayList<>(List.of(classes.toUri().toURL()));
    for (String place :
        System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator))) {
      places.add(Path.of(place).toUri().toURL());
    }
    ClassLoader parent = MatcherMutantsTest.class.getClassLoader();
    return new URLClassLoader(places.toArray(new URL[0]), parent) {
      @Override
      protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
          if (!name.startsWith("dev.millrace.internal.pattern.")) {
            return super.loadClass(name, resolve);
          }
          Class<?> known = findLoadedClass(name);
          return known != null ? known : findClass(name);
        }
      }
    };
  }
}
