package dev.millrace.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.fold.FoldFunction;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every built-in aggregate as the groups of a table have it: records are added and taken back, in
 * parts that are merged in any order, through stored bytes, and what comes out is what a
 * computation over the records that are left gives.
 */
final class RetractableAggregatesTest {

  private record Item(String name, long number, BigDecimal price, double weight) {}

  private enum Size {
    SMALL,
    LARGE
  }

  /** Equal in order where they are not equal. */
  private record Version(int major, String build) implements Comparable<Version> {
    @Override
    public int compareTo(Version other) {
      return Integer.compare(major, other.major);
    }
  }

  private static final long SEED = 20_261_126;
  private static final int ROUNDS = 300;

  private static final List<BigDecimal> PRICES =
      List.of(
          new BigDecimal("1.0"),
          new BigDecimal("1.00"),
          new BigDecimal("1"),
          new BigDecimal("10"),
          new BigDecimal("1e1"),
          new BigDecimal("2.5"),
          new BigDecimal("-2.50"),
          new BigDecimal("-2.5"));

  private static final double[] WEIGHTS = {
    0.1, 0.2, 0.3, 1e16, -1e16, 1, 1e300, -1e300, 1e-300, Double.MIN_VALUE, -0.0, 3e-310
  };

  // ------------------------------------------------------------------ what is left

  @Test
  void extremesAreThoseOfTheRecordsLeft() throws Exception {
    check(
        Aggregates.max(Item::number),
        items -> items.stream().mapToLong(Item::number).max().orElseThrow());
    check(
        Aggregates.min(Item::name),
        items -> items.stream().map(Item::name).min(Comparator.naturalOrder()).orElseThrow());
  }

  @Test
  void ofDecimalsThatCompareAsEqualTheOneOfTheSmallestScaleIsTheExtreme() throws Exception {
    Comparator<BigDecimal> byScale = Comparator.comparing(BigDecimal::scale);
    check(
        Aggregates.max(Item::price),
        items ->
            items.stream()
                .map(Item::price)
                .min(Comparator.<BigDecimal>reverseOrder().thenComparing(byScale))
                .orElseThrow());
    check(
        Aggregates.min(Item::price),
        items ->
            items.stream()
                .map(Item::price)
                .min(Comparator.<BigDecimal>naturalOrder().thenComparing(byScale))
                .orElseThrow());
  }

  @Test
  void distinctOnesAreInTheOrderOfTheirContent() throws Exception {
    check(
        Aggregates.distinct(String.class, Item::name),
        item -> item,
        items -> items.stream().map(Item::name).distinct().sorted().toList(),
        ArrayList::new);
    check(
        Aggregates.distinct(BigDecimal.class, Item::price),
        item -> item,
        items ->
            items.stream()
                .map(Item::price)
                .distinct()
                .sorted(Comparator.<BigDecimal>naturalOrder().thenComparing(BigDecimal::scale))
                .toList(),
        ArrayList::new);
    check(
        Aggregates.distinct(Item.class, item -> item),
        item -> item,
        items -> items.stream().distinct().sorted(Comparator.comparing(Item::toString)).toList(),
        ArrayList::new);
    check(
        Aggregates.countDistinct(BigDecimal.class, Item::price),
        items -> items.stream().map(Item::price).distinct().count());
  }

  @Test
  void theTopOnesOfEqualRankAreInTheOrderOfTheirContent() throws Exception {
    for (int n : new int[] {1, 3, 100}) {
      check(
          Aggregates.topN(n, Item.class, Item::price),
          items ->
              items.stream()
                  .sorted(
                      Comparator.comparing(Item::price).reversed().thenComparing(Item::toString))
                  .limit(n)
                  .toList());
    }
    check(
        Aggregates.topN(4, Version.class, version -> version.major() % 2),
        item -> new Version((int) item.number(), item.name()),
        versions ->
            versions.stream()
                .sorted(
                    Comparator.<Version>comparingInt(version -> -(version.major() % 2))
                        .thenComparing(Comparator.naturalOrder())
                        .thenComparing(Version::toString))
                .limit(4)
                .toList());
  }

  @Test
  void aListHasTheRecordsLeftInTheOrderOfTheirContent() throws Exception {
    check(
        Aggregates.toList(Item.class),
        items -> items.stream().sorted(Comparator.comparing(Item::toString)).toList());
    check(
        Aggregates.toList(Long.class), Item::number, numbers -> numbers.stream().sorted().toList());
  }

  @Test
  void sumsOfFloatingPointNumbersAreThoseOfTheRecordsLeftRoundedOnce() throws Exception {
    check(Aggregates.sumDouble(Item::weight), items -> exactSum(items).doubleValue());
    check(
        Aggregates.average(Item::weight),
        items ->
            exactSum(items)
                .divide(BigDecimal.valueOf(items.size()), new MathContext(1_500))
                .doubleValue());
  }

  private static BigDecimal exactSum(List<Item> items) {
    return items.stream()
        .map(item -> new BigDecimal(item.weight()))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  @Test
  void countsAndSumsAreThoseOfTheRecordsLeft() throws Exception {
    check(Aggregates.<Item>count(), items -> (long) items.size());
    check(Aggregates.sum(Item::number), items -> items.stream().mapToLong(Item::number).sum());
  }

  // ------------------------------------------------------------------ floating point

  @Test
  void whatIsNotFiniteCanBeTakenBack() throws Exception {
    ExactSum sum = ExactSum.NONE.plus(2.5, 1);
    ExactSum infinite = sum.plus(Double.POSITIVE_INFINITY, 1);
    assertThat(infinite.total()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(infinite.mean()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(infinite.plus(Double.NEGATIVE_INFINITY, 1).total()).isNaN();
    assertThat(
            infinite.plus(Double.NEGATIVE_INFINITY, 1).plus(Double.POSITIVE_INFINITY, -1).total())
        .isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(infinite.plus(Double.NaN, 1).total()).isNaN();
    assertThat(infinite.plus(Double.NaN, 1).plus(Double.NaN, -1).plus(Double.POSITIVE_INFINITY, -1))
        .isEqualTo(sum);
  }

  @Test
  void aSumThatLeavesTheRangeOnTheWayComesBack() throws Exception {
    ExactSum sum = ExactSum.NONE.plus(Double.MAX_VALUE, 1).plus(Double.MAX_VALUE, 1);
    assertThat(sum.total()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(sum.mean()).isEqualTo(Double.MAX_VALUE);
    assertThat(sum.plus(-1, 1).plus(Double.MAX_VALUE, -1).plus(Double.MAX_VALUE, -1).total())
        .isEqualTo(-1);
  }

  /** Else what is equal would be written again, and what comes to nothing would travel. */
  @Test
  void equalSumsAreEqualRecords() {
    ExactSum one = ExactSum.NONE.plus(1, 1).plus(0, 1);
    assertThat(ExactSum.NONE.plus(0.5, 1).plus(0.5, 1)).isEqualTo(one);
    assertThat(ExactSum.NONE.plus(0.1, 1).plus(1, 1).plus(0, 1).plus(0.1, -1)).isEqualTo(one);
    assertThat(ExactSum.NONE.plus(1e300, 1).plus(1e300, -1)).isEqualTo(ExactSum.NONE);
  }

  @Test
  void aTieIsRoundedToTheEvenNumber() {
    double last = Math.ulp(1.0);
    assertThat(ExactSum.NONE.plus(1, 1).plus(last / 2, 1).total()).isEqualTo(1.0);
    assertThat(ExactSum.NONE.plus(1 + last, 1).plus(last / 2, 1).total()).isEqualTo(1 + 2 * last);
    assertThat(ExactSum.NONE.plus(1, 1).plus(last / 2, 1).plus(Double.MIN_VALUE, 1).total())
        .isEqualTo(1 + last);
    // The mean of three is a tie but for what is left of the division.
    assertThat(ExactSum.NONE.plus(3, 1).plus(3 * last / 2, 1).plus(Double.MIN_VALUE, 1).mean())
        .isEqualTo(1 + last);
    assertThat(ExactSum.NONE.plus(-1, 1).plus(-last / 2, 1).plus(-Double.MIN_VALUE, 1).total())
        .isEqualTo(-1 - last);
  }

  // ------------------------------------------------------------------ refusals

  @Test
  void aFunctionThatGivesNullFailsOnItsRecordOnStreamsAndTables() {
    List<Aggregation<Item, ?, ?>> aggregations =
        List.of(
            Aggregates.min(String.class, item -> nothing()),
            Aggregates.max(String.class, item -> nothing()),
            Aggregates.distinct(String.class, item -> nothing()),
            Aggregates.countDistinct(String.class, item -> nothing()),
            Aggregates.topN(2, Item.class, item -> nothing()));
    for (Aggregation<Item, ?, ?> aggregation : aggregations) {
      assertRefusesNull(FoldFunction.of(aggregation)::first);
      RetractableAggregation<Item, ?, ?> retractable = aggregation.retractable().orElseThrow();
      assertRefusesNull(value -> added(retractable, value));
      assertRefusesNull(value -> takenBack(retractable, value));
    }
  }

  @SuppressWarnings("NullAway") // as a program without annotations has it
  private static String nothing() {
    return null;
  }

  private interface Call {
    @Nullable Object with(Object value) throws Exception;
  }

  private static void assertRefusesNull(Call call) {
    assertThatThrownBy(() -> call.with(new Item("a", 1, BigDecimal.ONE, 1)))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("the function returned null; filter the value out instead");
  }

  @SuppressWarnings("unchecked") // the record is an Item
  private static <T, A> A added(RetractableAggregation<T, A, ?> aggregation, Object value)
      throws Exception {
    return aggregation.add(aggregation.create(), (T) value);
  }

  @SuppressWarnings("unchecked") // the record is an Item
  private static <T, A> A takenBack(RetractableAggregation<T, A, ?> aggregation, Object value)
      throws Exception {
    return aggregation.retract(aggregation.create(), (T) value);
  }

  /** Without equals. */
  private static final class Plain implements Comparable<Plain> {
    @Override
    @SuppressWarnings("ComparableAndComparator")
    public int compareTo(Plain other) {
      return 0;
    }
  }

  /** Its equals is of no use in a table of hashes. */
  @SuppressWarnings({"overrides", "EqualsHashCode"}) // the mistake that is to be found
  private static final class Half {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Half;
    }
  }

  @Test
  void valuesThatWouldNotBeRecognisedAreRefused() {
    assertThatThrownBy(() -> Aggregates.toList(Half.class).retractable())
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> Aggregates.max(Plain.class, item -> new Plain()).retractable())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot take back values of max")
        .hasMessageContaining("Plain has no equals and hashCode");
    assertThatThrownBy(() -> Aggregates.toList(byte[].class).retractable())
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> Aggregates.distinct(Object.class, item -> item).retractable())
        .isInstanceOf(ConfigurationException.class);
    assertThat(Aggregates.distinct(Size.class, item -> Size.SMALL).retractable()).isPresent();
    assertThat(Aggregates.distinct(long.class, item -> 1L).retractable()).isPresent();
    assertThat(Aggregates.distinct(CharSequence.class, item -> "a").retractable()).isPresent();
  }

  @Test
  void streamsKeepTheirSmallAccumulators() {
    assertThat(Aggregates.max(Item::number).accumulatorType().type()).isEqualTo(Long.class);
    assertThat(Aggregates.topN(2, Item.class, Item::number))
        .isNotInstanceOf(RetractableAggregation.class);
    assertThat(Aggregates.average(Item::weight)).isNotInstanceOf(RetractableAggregation.class);
  }

  // ------------------------------------------------------------------ the model

  private static <R> void check(Aggregation<Item, ?, R> aggregation, Function<List<Item>, R> naive)
      throws Exception {
    check(aggregation, item -> item, naive, result -> result);
  }

  private static <T, R> void check(
      Aggregation<T, ?, R> aggregation, Function<Item, T> record, Function<List<T>, R> naive)
      throws Exception {
    check(aggregation, record, naive, result -> result);
  }

  private static <T, R> void check(
      Aggregation<T, ?, R> aggregation,
      Function<Item, T> record,
      Function<List<T>, ?> naive,
      Function<R, Object> view)
      throws Exception {
    RetractableAggregation<T, ?, R> retractable = aggregation.retractable().orElseThrow();
    assertThat(retractable.resultType()).isEqualTo(aggregation.resultType());
    check(new Rounds<>(retractable), record, naive, view);
  }

  private static <T, A, R> void check(
      Rounds<T, A, R> rounds,
      Function<Item, T> record,
      Function<List<T>, ?> naive,
      Function<R, Object> view)
      throws Exception {
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      List<T> left = new ArrayList<>();
      List<Step<T>> steps = steps(random, record, left);
      A accumulator = rounds.folded(steps, random);
      String where = "seed " + SEED + ", round " + round + ", left " + left;
      if (left.isEmpty()) {
        assertThat(rounds.aggregation.isNeutral(accumulator)).as(where).isTrue();
      } else {
        assertThat(view.apply(rounds.aggregation.finish(accumulator)))
            .as(where)
            .isEqualTo(naive.apply(left));
        // What is left, folded by itself, is the other side of the law.
        A direct = rounds.aggregation.create();
        for (T value : left) {
          direct = rounds.aggregation.add(direct, value);
        }
        assertThat(view.apply(rounds.aggregation.finish(direct)))
            .as(where)
            .isEqualTo(naive.apply(left));
      }
    }
  }

  private record Step<T>(T value, boolean isRetraction) {}

  /** Records that come and go; a record that goes is an object of its own. */
  private static <T> List<Step<T>> steps(Random random, Function<Item, T> record, List<T> left) {
    List<Item> present = new ArrayList<>();
    List<Step<T>> steps = new ArrayList<>();
    int moreOften = 1 + random.nextInt(3);
    for (int i = 1 + random.nextInt(50); i > 0; i--) {
      if (present.isEmpty() || random.nextInt(moreOften + 1) > 0) {
        Item item = item(random);
        present.add(item);
        steps.add(new Step<>(record.apply(item), false));
      } else {
        Item gone = present.remove(random.nextInt(present.size()));
        Item equal = new Item(gone.name(), gone.number(), gone.price(), gone.weight());
        steps.add(new Step<>(record.apply(equal), true));
      }
    }
    if (random.nextInt(10) == 0) {
      present.forEach(item -> steps.add(new Step<>(record.apply(item), true)));
      present.clear();
    }
    present.forEach(item -> left.add(record.apply(item)));
    return steps;
  }

  private static Item item(Random random) {
    return new Item(
        "n" + random.nextInt(4),
        random.nextInt(5) - 2,
        PRICES.get(random.nextInt(PRICES.size())),
        random.nextBoolean() ? WEIGHTS[random.nextInt(WEIGHTS.length)] : random.nextGaussian());
  }

  private static final class Rounds<T, A, R> {

    final RetractableAggregation<T, A, R> aggregation;
    private final StoredValues<A> stored;

    @SuppressWarnings("unchecked") // the type is the aggregation's own
    Rounds(RetractableAggregation<T, A, R> aggregation) {
      this.aggregation = aggregation;
      this.stored =
          new StoredValues<>(
              (ValueCodec<A>)
                  ValueCodecs.forType(
                      aggregation.accumulatorType().type(), new InMemorySchemaBook()));
    }

    /** Deals the steps out to parts, in any order, and merges any two of them until one is left. */
    A folded(List<Step<T>> steps, Random random) throws Exception {
      List<Step<T>> shuffled = new ArrayList<>(steps);
      Collections.shuffle(shuffled, random);
      List<A> parts = new ArrayList<>();
      parts.add(aggregation.create());
      for (Step<T> step : shuffled) {
        int at = random.nextInt(parts.size() + 1);
        if (at == parts.size()) {
          parts.add(aggregation.create());
        }
        A part = random.nextInt(4) == 0 ? copied(parts.get(at)) : parts.get(at);
        parts.set(
            at,
            step.isRetraction()
                ? aggregation.retract(part, step.value())
                : aggregation.add(part, step.value()));
      }
      while (parts.size() > 1) {
        A one = parts.remove(random.nextInt(parts.size()));
        int other = random.nextInt(parts.size());
        A merged = aggregation.merge(copied(parts.get(other)), copied(one));
        parts.set(other, merged);
      }
      return copied(parts.get(0));
    }

    private A copied(A accumulator) {
      return stored.fromBytes(stored.toBytes(accumulator));
    }
  }

  /** The other side of it comes with a merge. */
  @Test
  void aValueTakenBackBeforeItCameIsNotThere() throws Exception {
    takesBackFirst(Aggregates.min(Item::number), 5L);
    takesBackFirst(Aggregates.max(item -> -item.number()), -5L);
    takesBackFirst(Aggregates.distinct(Long.class, Item::number), Set.of(5L));
    takesBackFirst(Aggregates.countDistinct(Long.class, Item::number), 1L);
    takesBackFirst(Aggregates.topN(2, Item.class, item -> -item.number()), List.of(numbered(5)));
    takesBackFirst(Aggregates.toList(Item.class), List.of(numbered(5)));
  }

  private static Item numbered(long number) {
    return new Item("a", number, BigDecimal.ONE, 1);
  }

  private static <R> void takesBackFirst(Aggregation<Item, ?, R> aggregation, R left)
      throws Exception {
    takesBackFirst(aggregation.retractable().orElseThrow(), left);
  }

  private static <A, R> void takesBackFirst(RetractableAggregation<Item, A, R> aggregation, R left)
      throws Exception {
    A before = aggregation.retract(aggregation.create(), numbered(3));
    assertThat(aggregation.isNeutral(before)).isFalse();
    A both = aggregation.add(before, numbered(5));
    assertThat(aggregation.finish(both)).isEqualTo(left);
    A after = aggregation.add(both, numbered(3));
    assertThat(aggregation.isNeutral(aggregation.retract(after, numbered(5)))).isTrue();
  }
}
