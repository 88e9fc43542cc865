package dev.millrace.internal.pattern;

import dev.millrace.internal.pattern.Element.Group;
import dev.millrace.internal.pattern.Element.Not;
import dev.millrace.internal.pattern.Element.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/** Makes small patterns and sequences of events that have a good chance of matching them. */
public final class RandomPatterns {

  private static final String LETTERS = "abcd";

  private final Random random;
  private int names;

  /** Creates a maker of patterns and events that are the same for the same seed. */
  public RandomPatterns(long seed) {
    this.random = new Random(seed);
  }

  /** {@return a pattern, which may be one that cannot be compiled} */
  public PatternSpec pattern() {
    names = 0;
    List<Element> elements = elements(1 + random.nextInt(4), 0);
    OptionalLong within =
        random.nextInt(3) > 0 ? OptionalLong.of(1 + random.nextInt(14)) : OptionalLong.empty();
    return new PatternSpec(elements, within, skip(), 1);
  }

  private Skip skip() {
    String stage = "s" + random.nextInt(3);
    return switch (random.nextInt(9)) {
      case 0 -> new Skip(Skip.Kind.TO_NEXT, "");
      case 1 -> new Skip(Skip.Kind.PAST_LAST, "");
      case 2 -> new Skip(Skip.Kind.TO_FIRST, stage);
      case 3 -> new Skip(Skip.Kind.TO_LAST, stage);
      default -> Skip.NONE;
    };
  }

  private List<Element> elements(int count, int depth) {
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int kind = random.nextInt(20);
      if (i > 0 && kind < 3) {
        elements.add(not(depth == 0 && i == count - 1));
      } else if (depth == 0 && kind == 19) {
        elements.add(loopsInRounds());
      } else if (kind < 6 && depth < 2) {
        elements.add(
            new Group(elements(1 + random.nextInt(2), depth + 1), contiguity(), quantifier(false)));
      } else {
        elements.add(stage());
      }
    }
    return elements;
  }

  /** What takes the same events in several ways. */
  private Element loopsInRounds() {
    Quantifier often = quantifier(true);
    Stage stage =
        new Stage(
            "s" + names++,
            contiguity(),
            test(2),
            Optional.empty(),
            new Quantifier(1, 2, false, often.greedy(), Contiguity.RELAXED),
            OptionalLong.empty());
    return new Group(
        List.of(stage), contiguity(), new Quantifier(2, 3, often.optional(), false, often.inner()));
  }

  private Element not(boolean isLast) {
    boolean onlyNext = !isLast && random.nextBoolean();
    OptionalLong gap = isLast && random.nextBoolean() ? gap() : OptionalLong.empty();
    return new Not("n" + names++, test(1), onlyNext, gap);
  }

  private Stage stage() {
    Quantifier quantifier = quantifier(true);
    Optional<EventTest> until =
        quantifier.loops() && random.nextInt(4) == 0 ? Optional.of(test(1)) : Optional.empty();
    return new Stage(
        "s" + names++,
        contiguity(),
        test(1 + random.nextInt(3)),
        until,
        quantifier,
        random.nextInt(8) == 0 ? gap() : OptionalLong.empty());
  }

  private OptionalLong gap() {
    return OptionalLong.of(1 + random.nextInt(6));
  }

  private Contiguity contiguity() {
    int kind = random.nextInt(10);
    return kind < 3 ? Contiguity.STRICT : kind < 7 ? Contiguity.RELAXED : Contiguity.ANY;
  }

  private Quantifier quantifier(boolean mayBeGreedy) {
    boolean optional = random.nextInt(5) == 0;
    int min = 1;
    int max = 1;
    switch (random.nextInt(10)) {
      case 0, 1 -> max = Quantifier.UNBOUNDED;
      case 2 -> {
        min = 2;
        max = Quantifier.UNBOUNDED;
      }
      case 3 -> {
        min = 1 + random.nextInt(2);
        max = min + random.nextInt(3);
      }
      default -> {}
    }
    boolean open = optional || min != max;
    boolean greedy = mayBeGreedy && open && random.nextInt(3) == 0;
    return new Quantifier(min, max, optional, greedy, contiguity());
  }

  /** A condition that holds for some letters; now and then it depends on the match so far. */
  private EventTest test(int letters) {
    StringBuilder chosen = new StringBuilder();
    for (int i = 0; i < letters; i++) {
      chosen.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    String any = chosen.toString();
    return switch (random.nextInt(10)) {
      case 0 ->
          (event, soFar) -> {
            Happening it = (Happening) event;
            int size = soFar.taken().size();
            int last = size == 0 ? 0 : ((Happening) soFar.taken().get(size - 1).value()).number();
            return any.indexOf(it.letter()) >= 0 && it.number() >= last;
          };
      case 1 ->
          (event, soFar) ->
              any.indexOf(((Happening) event).letter()) >= 0 || soFar.taken().size() % 2 == 1;
      case 2 -> EventTest.and(simple(any), sometimes());
      case 3 -> EventTest.or(simple(any), EventTest.and(sometimes(), test(1)));
      default -> simple(any);
    };
  }

  private static EventTest sometimes() {
    return (event, soFar) -> (((Happening) event).number() + soFar.taken().size()) % 3 == 0;
  }

  private static EventTest simple(String letters) {
    return new EventTest() {
      @Override
      public boolean holds(Object event, Path soFar) {
        return letters.indexOf(((Happening) event).letter()) >= 0;
      }

      @Override
      public boolean readsMatch() {
        return false;
      }
    };
  }

  /** {@return events in the order of their times, of which some are equal} */
  public List<Happening> events(int count) {
    List<Happening> events = new ArrayList<>();
    long timeMs = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      timeMs += random.nextInt(4);
      char letter = LETTERS.charAt(random.nextInt(LETTERS.length()));
      events.add(new Happening(i, timeMs, letter, random.nextInt(4)));
    }
    return events;
  }
}
