package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Two records of this test stand for two versions of one; {@link JsonEvolutionTest} has classes.
 */
final class SchemaEvolutionTest {

  private final InMemorySchemaBook book = new InMemorySchemaBook();

  @SuppressWarnings("unchecked")
  private <A, B> B migrate(Type from, A value, Type to) {
    StoredValues<A> writer = new StoredValues<>((ValueCodec<A>) ValueCodecs.forType(from, book));
    StoredValues<B> reader = new StoredValues<>((ValueCodec<B>) ValueCodecs.forType(to, book));
    return reader.fromBytes(writer.toBytes(value));
  }

  record Small(String name, int count) {}

  record Grown(
      double score,
      long count,
      String name,
      boolean flag,
      String note,
      List<String> tags,
      Map<String, Long> sums,
      Optional<String> maybe,
      Long boxed,
      int[] ints) {}

  @Test
  void addedComponentsAreNullZeroOrEmptyAndOrderDoesNotMatter() {
    Grown grown = migrate(Small.class, new Small("a", 7), Grown.class);

    assertThat(grown)
        .usingRecursiveComparison()
        .isEqualTo(
            new Grown(
                0, 7, "a", false, null, List.of(), Map.of(), Optional.empty(), null, new int[0]));
  }

  record Inner(int x, List<Inner> more) {}

  sealed interface Event {}

  record Opened(String by) implements Event {}

  enum Level {
    LOW,
    HIGH
  }

  record Empty() {}

  record Rich(
      List<Inner> inners,
      Map<String, Event> events,
      String name,
      Level level,
      Optional<Inner> maybe,
      Inner none,
      Empty empty,
      long number,
      SampleValues.Pojo pojo,
      int count) {}

  @JsonIgnoreProperties({"inners", "events", "level", "maybe", "none", "empty", "number", "pojo"})
  record Less(String name, int count) {}

  @JsonIgnoreProperties({
    "inners", "events", "name", "level", "maybe", "none", "empty", "number", "pojo", "count"
  })
  record Nothing() {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record AnythingUnknown(int count) {}

  @Test
  void droppedComponentsAreSkippedWhateverTheyWere() {
    Inner inner = new Inner(1, List.of(new Inner(2, List.of())));
    Rich rich =
        new Rich(
            List.of(inner),
            Map.of("e", new Opened("me")),
            "a",
            Level.HIGH,
            Optional.of(inner),
            null,
            new Empty(),
            5,
            new SampleValues.Pojo(),
            7);

    Less less = migrate(Rich.class, rich, Less.class);
    Nothing nothing = migrate(Rich.class, rich, Nothing.class);
    Small fromNothing = migrate(Empty.class, new Empty(), Small.class);

    assertThat(less).isEqualTo(new Less("a", 7));
    assertThat(nothing).isEqualTo(new Nothing());
    assertThat(fromNothing).isEqualTo(new Small(null, 0));
  }

  /** It concerns what others write; taken for state too, it would lose every renamed component. */
  @Test
  void acceptingWhatIsUnknownDropsNothingThatIsStored() {
    assertThatThrownBy(() -> migrate(Small.class, new Small("a", 7), AnythingUnknown.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("written with a component 'name'");
  }

  record Renamed(String title, int count) {}

  record Aliased(@JsonAlias({"label", "name"}) String title, int count) {}

  record Named(@JsonProperty("name") String title, int count) {}

  record Swapped(@JsonAlias("count") int name, @JsonAlias("name") String count) {}

  @Test
  void aRenamedComponentIsRefusedUnlessItsFormerNameIsGiven() {
    Small small = new Small("a", 7);
    assertThatThrownBy(() -> migrate(Small.class, small, Renamed.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll(
            "written with a component 'name'", "@JsonAlias(\"name\")", "@JsonIgnoreProperties");
    assertThat(this.<Small, Aliased>migrate(Small.class, small, Aliased.class))
        .isEqualTo(new Aliased("a", 7));
    assertThat(this.<Small, Named>migrate(Small.class, small, Named.class))
        .isEqualTo(new Named("a", 7));
    assertThat(this.<Named, Small>migrate(Named.class, new Named("a", 7), Small.class))
        .isEqualTo(small);
  }

  @Test
  void aComponentsOwnNameGoesBeforeAnAlias() {
    assertThatThrownBy(() -> migrate(Small.class, new Small("a", 7), Swapped.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("value.name was written as string and is int now");
  }

  record Same(@JsonProperty("a") String x, @JsonProperty("a") String y) {}

  @Test
  void twoComponentsOfOneNameAreRefused() {
    assertThatThrownBy(() -> ValueCodecs.forType(Same.class, book))
        .hasMessageContaining("two of its components are called a");
  }

  record Narrow(byte a, short b, int c, float d, int e, Integer f) {}

  record Broad(int a, long b, long c, double d, double e, Long f) {}

  @Test
  void numbersBecomeWider() {
    Broad broad =
        migrate(Narrow.class, new Narrow((byte) -1, (short) -2, -3, 1.5f, 5, 6), Broad.class);
    assertThat(broad).isEqualTo(new Broad(-1, -2, -3, 1.5, 5, 6L));
  }

  record Bare(long a, boolean b) {}

  record Boxed(Long a, Boolean b) {}

  @Test
  void primitivesBecomeWrappersAndBack() {
    assertThat(this.<Bare, Boxed>migrate(Bare.class, new Bare(1, true), Boxed.class))
        .isEqualTo(new Boxed(1L, true));
    assertThat(this.<Boxed, Bare>migrate(Boxed.class, new Boxed(1L, null), Bare.class))
        .isEqualTo(new Bare(1, false));
  }

  record Listed(List<Integer> values) {}

  record AsSet(Set<Long> values) {}

  record AsArray(long[] values) {}

  @Test
  void listsSetsAndArraysAreTheSame() {
    Listed listed = new Listed(List.of(3, 4));
    assertThat(this.<Listed, AsSet>migrate(Listed.class, listed, AsSet.class).values())
        .containsExactly(3L, 4L);
    assertThat(this.<Listed, AsArray>migrate(Listed.class, listed, AsArray.class).values())
        .containsExactly(3, 4);
  }

  static final class V1 {
    enum Level {
      LOW,
      MIDDLE,
      HIGH
    }

    sealed interface Event {}

    record Opened(String by) implements Event {}

    record Closed(String by) implements Event {}

    record Moved(int x) implements Event {}

    record Node(String name, Node next) {}
  }

  static final class V2 {
    enum Level {
      HIGH,
      LOW
    }

    sealed interface Event {}

    record Added(int x) implements Event {}

    record Moved(long x, long y) implements Event {}

    record Opened(String by) implements Event {}

    record Node(int size, Node next, String name) {}
  }

  @Test
  void enumConstantsAreKnownByName() {
    V2.Level level = migrate(V1.Level.class, V1.Level.HIGH, V2.Level.class);
    assertThat(level).isEqualTo(V2.Level.HIGH);
    assertThatThrownBy(() -> migrate(V1.Level.class, V1.Level.MIDDLE, V2.Level.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("its constant MIDDLE does not exist any more");
  }

  @Test
  void subtypesAreKnownByName() {
    V2.Event opened = migrate(V1.Event.class, new V1.Opened("me"), V2.Event.class);
    V2.Event moved = migrate(V1.Event.class, new V1.Moved(4), V2.Event.class);
    assertThat(opened).isEqualTo(new V2.Opened("me"));
    assertThat(moved).isEqualTo(new V2.Moved(4, 0));
    assertThatThrownBy(() -> migrate(V1.Event.class, new V1.Closed("me"), V2.Event.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("its subtype Closed does not exist any more");
  }

  @Test
  void recursiveRecordsEvolveAtEveryDepth() {
    V2.Node node = migrate(V1.Node.class, new V1.Node("a", new V1.Node("b", null)), V2.Node.class);
    assertThat(node).isEqualTo(new V2.Node(0, new V2.Node(0, null, "b"), "a"));
  }

  record Changed(String name, String count) {}

  @Test
  void aComponentOfAnotherTypeIsRefusedWithItsName() {
    assertThatThrownBy(() -> migrate(Small.class, new Small("a", 1), Changed.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("value.count was written as int and is string now");
  }

  @Test
  void anUnknownOrDamagedSchemaIsRefused() {
    ValueCodec<Small> codec = ValueCodecs.forClass(Small.class, book);
    assertThatThrownBy(() -> codec.writtenBy(0x1234))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("0x00001234");
    book.register(0x1234, new byte[] {1, 1, 1, 120});
    assertThatThrownBy(() -> codec.writtenBy(0x1234))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("damaged");
  }

  @Test
  void resolvedCodecStillWritesItsOwnSchema() {
    ValueCodec<Small> old = ValueCodecs.forClass(Small.class, book);
    ValueCodec<Aliased> codec = ValueCodecs.forClass(Aliased.class, book);
    ValueCodec<Aliased> resolved = codec.writtenBy(old.schemaId());
    assertThat(resolved.schemaId()).isEqualTo(codec.schemaId());
    assertThat(resolved.writtenBy(codec.schemaId())).isSameAs(codec);
    assertThat(codec.writtenBy(old.schemaId())).isSameAs(resolved);
  }

  @Test
  void everySchemaIsParsedAsItWasWritten() {
    List<Type> types =
        new ArrayList<>(
            List.of(
                Rich.class,
                Grown.class,
                V1.Event.class,
                V1.Level.class,
                V1.Node.class,
                JsonEvolutionTest.Beans.Former.class,
                JsonEvolutionTest.Drawing.class,
                JsonEvolutionTest.Holder.class,
                new TypeRef<Map<String, Optional<long[]>>>() {}.type()));
    for (Type type : types) {
      Schema schema = TypeModel.of(type).schema();
      assertThat(Schema.parse(schema.toBytes())).isEqualTo(schema);
    }
  }

  record Loose(String name) {}

  record Demanding(String name, String unit) {
    Demanding {
      if (unit == null) {
        throw new IllegalArgumentException("a unit is needed");
      }
    }
  }

  record Around(List<Demanding> parts) {}

  record AroundLoose(List<Loose> parts) {}

  /** By a policy for records it would cost each record of the key, and its state besides. */
  @Test
  void whatTheConstructorRefusesIsTheJobsFailureAndNotTheRecords() {
    assertThatThrownBy(() -> migrate(Loose.class, new Loose("a"), Demanding.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("Cannot read a stored Demanding: its class refuses it")
        .hasMessageContaining("a unit is needed")
        .hasCauseInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                migrate(AroundLoose.class, new AroundLoose(List.of(new Loose("a"))), Around.class))
        .isInstanceOf(IncompatibleJobException.class);
  }
}
