package dev.millrace.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.MapFunction;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.fold.FoldFunction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Every built-in aggregate over random splits and orders of the merges, through stored bytes. */
final class AggregatesTest {

  private record Item(String name, long number, double weight) {}

  private static final long SEED = 20_261_121;

  @Test
  void sumsAndCountsEqualTheNaiveOnes() throws Exception {
    check(Aggregates.<Item>count(), items -> (long) items.size());
    check(Aggregates.sum(Item::number), items -> items.stream().mapToLong(Item::number).sum());
  }

  @Test
  void extremesEqualTheNaiveOnes() throws Exception {
    check(
        Aggregates.max(Item::number),
        items -> items.stream().mapToLong(Item::number).max().orElseThrow());
    check(
        Aggregates.min(Item::name),
        items -> items.stream().map(Item::name).min(Comparator.naturalOrder()).orElseThrow());
    check(
        Aggregates.max(Double.class, item -> item.weight()),
        items -> items.stream().mapToDouble(Item::weight).max().orElseThrow());
  }

  @Test
  void distinctOnesEqualTheNaiveOnes() throws Exception {
    check(
        Aggregates.distinct(String.class, Item::name),
        items -> new HashSet<>(items.stream().map(Item::name).toList()));
    check(
        Aggregates.countDistinct(String.class, Item::name),
        items -> items.stream().map(Item::name).distinct().count());
  }

  @Test
  void theTopOnesEqualTheNaiveOnes() throws Exception {
    Random random = new Random(SEED);
    Aggregation<Item, List<Item>, List<Item>> top = Aggregates.topN(3, Item.class, Item::number);
    for (int round = 0; round < 200; round++) {
      List<Item> items = items(random);
      List<Long> expected =
          items.stream().map(Item::number).sorted(Comparator.reverseOrder()).limit(3).toList();
      assertThat(aggregated(top, items, random).stream().map(Item::number).toList())
          .as("seed %d, round %d", SEED, round)
          .isEqualTo(expected);
    }
  }

  @Test
  void sumsOfFloatingPointNumbersLoseNothingOnTheWay() throws Exception {
    Aggregation<Item, DoubleSum, Double> sum = Aggregates.sumDouble(Item::weight);
    Random random = new Random(SEED);
    List<Item> items =
        List.of(
            new Item("a", 0, 1e16),
            new Item("a", 0, 1),
            new Item("a", 0, 1),
            new Item("a", 0, -1e16));
    for (int round = 0; round < 50; round++) {
      assertThat(aggregated(sum, items, random)).isEqualTo(2.0);
    }
    assertThat(aggregated(Aggregates.average(Item::weight), items, random)).isEqualTo(0.5);
    List<Item> many = items(random);
    assertThat(aggregated(Aggregates.average(Item::weight), many, random))
        .isCloseTo(many.stream().mapToDouble(Item::weight).average().orElseThrow(), within(1e-9));
  }

  @Test
  void anInfiniteSumIsInfinite() throws Exception {
    Aggregation<Item, DoubleSum, Double> sum = Aggregates.sumDouble(Item::weight);
    List<Item> items = List.of(new Item("a", 0, Double.POSITIVE_INFINITY), new Item("a", 0, 1));
    assertThat(aggregated(sum, items, new Random(SEED))).isInfinite();
  }

  @Test
  void aTypeThatIsNotShownIsAskedFor() {
    assertThatThrownBy(() -> maxOf(Item::name))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("max(TheType.class, ...)");
  }

  private static <C extends Comparable<C>> Aggregation<Item, C, C> maxOf(MapFunction<Item, C> of) {
    return Aggregates.max(item -> of.apply(item));
  }

  private static <A, R> void check(
      Aggregation<Item, A, R> aggregation, Function<List<Item>, R> naive) throws Exception {
    Random random = new Random(SEED);
    for (int round = 0; round < 200; round++) {
      List<Item> items = items(random);
      assertThat(aggregated(aggregation, items, random))
          .as("seed %d, round %d", SEED, round)
          .isEqualTo(naive.apply(items));
    }
  }

  private static List<Item> items(Random random) {
    List<Item> items = new ArrayList<>();
    for (int i = 1 + random.nextInt(40); i > 0; i--) {
      items.add(
          new Item("n" + random.nextInt(12), random.nextInt(2_000) - 1_000, random.nextGaussian()));
    }
    return items;
  }

  /** Cuts the items into parts, folds each, and merges neighbours in a random order. */
  private static <A, R> R aggregated(
      Aggregation<Item, A, R> aggregation, List<Item> items, Random random) throws Exception {
    @SuppressWarnings("unchecked") // the type is the aggregation's own
    ValueCodec<A> codec =
        (ValueCodec<A>)
            ValueCodecs.forType(aggregation.accumulatorType().type(), new InMemorySchemaBook());
    StoredValues<A> stored = new StoredValues<>(codec);
    List<A> parts = new ArrayList<>();
    for (int i = 0; i < items.size(); ) {
      @SuppressWarnings("unchecked") // the type is the aggregation's own
      A part = (A) FoldFunction.of(aggregation).first(items.get(i++));
      while (i < items.size() && random.nextInt(3) > 0) {
        part = aggregation.add(part, items.get(i++));
      }
      parts.add(stored.fromBytes(stored.toBytes(part)));
    }
    while (parts.size() > 1) {
      int at = random.nextInt(parts.size() - 1);
      A merged = aggregation.merge(parts.get(at), parts.remove(at + 1));
      parts.set(at, stored.fromBytes(stored.toBytes(merged)));
    }
    return aggregation.finish(parts.get(0));
  }
}
