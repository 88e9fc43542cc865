package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.annotation.JsonDeserialize;

/** Two classes of this test stand for two versions of one class. */
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

  static final class Bean {
    public String name = "";
    public int count;
  }

  @Test
  void jsonBecomesARecordButNotBack() {
    Bean bean = new Bean();
    bean.name = "a";
    bean.count = 3;
    assertThat(this.<Bean, Small>migrate(Bean.class, bean, Small.class))
        .isEqualTo(new Small("a", 3));
    assertThatThrownBy(() -> migrate(Small.class, new Small("a", 3), Bean.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("is read as JSON now");
  }

  static final class Beans {
    static class Part {
      public double price;
      public @JsonAlias("label") String title = "";
    }

    static class FormerPart {
      public double price;
      public String label = "";
    }

    static class Unlabelled {
      public double price;
    }

    static class Former {
      public String name = "";
      public int count;
      public List<FormerPart> parts = new ArrayList<>();
      public Map<String, FormerPart> byName = new TreeMap<>();

      public int getTotal() {
        return parts.size() + byName.size();
      }
    }

    static class Added {
      public String note = "none";
      public String name = "";
      public long count;
      public List<Part> parts = new ArrayList<>();
      public Map<String, Part> byName = new TreeMap<>();

      public int getTotal() {
        return parts.size() + byName.size();
      }
    }

    static class Renamed extends Added {
      @JsonProperty("title")
      public String name = "";
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    static class Careless extends Renamed {}

    @JsonIgnoreProperties({"name", "total"})
    static class Dropping {
      public int count;
      public List<Part> parts = new ArrayList<>();
      public Map<String, Part> byName = new TreeMap<>();
    }

    static class Retyped extends Added {
      public List<String> count = new ArrayList<>();
    }

    static class LostInside {
      public String name = "";
      public int count;
      public int total;
      public List<Part> parts = new ArrayList<>();
      public Map<String, Unlabelled> byName = new TreeMap<>();
    }
  }

  private static Beans.Former bean() {
    Beans.Former bean = new Beans.Former();
    bean.name = "a";
    bean.count = 3;
    Beans.FormerPart part = new Beans.FormerPart();
    part.price = 1.5;
    part.label = "p";
    bean.parts.add(part);
    bean.byName.put("p", part);
    return bean;
  }

  @Test
  void propertiesOfClassesKeptAsJsonMayBeAddedAndRenamedWithAnAlias() {
    Beans.Added added = migrate(Beans.Former.class, bean(), Beans.Added.class);
    assertThat(added.note).isEqualTo("none");
    assertThat(added.count).isEqualTo(3);
    assertThat(added.parts.get(0).title).isEqualTo("p");
    assertThat(added.byName.get("p").title).isEqualTo("p");
    Beans.Dropping dropping = migrate(Beans.Former.class, bean(), Beans.Dropping.class);
    assertThat(dropping.count).isEqualTo(3);
  }

  @Test
  void aPropertyThatAClassLostIsRefusedBeforeAnyValueIsRead() {
    checkRefused(
        Beans.Renamed.class, "Renamed was written with a component 'name'", "@JsonAlias(\"name\")");
    checkRefused(Beans.Careless.class, "Careless was written with a component 'name'");
    checkRefused(
        Beans.LostInside.class,
        "LostInside.byName.value was written with a component 'label'",
        "@JsonIgnoreProperties(\"label\") on the class");
    checkRefused(
        Beans.Retyped.class, "count was written as int and is list<string> now", "another name");
  }

  private void checkRefused(Class<?> type, String... parts) {
    int former = ValueCodecs.forClass(Beans.Former.class, book).schemaId();
    ValueCodec<?> codec = ValueCodecs.forClass(type, book);
    assertThatThrownBy(() -> codec.writtenBy(former))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll(parts);
  }

  record Holder(String id, Beans.FormerPart part) {}

  record HolderOfLess(String id, Beans.Unlabelled part) {}

  record HolderOfMore(String id, Beans.Part part) {}

  @Test
  void aClassInARecordIsLookedInto() {
    Holder holder = new Holder("h", bean().parts.get(0));
    HolderOfMore more = migrate(Holder.class, holder, HolderOfMore.class);
    assertThat(more.part().title).isEqualTo("p");
    assertThatThrownBy(() -> migrate(Holder.class, holder, HolderOfLess.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("value.part was written with a component 'label'");
  }

  static class SameAsFormerPart {
    public String label = "";
    public double price;
  }

  @Test
  void aClassesSchemaIsItsPropertiesWhateverItsNameAndTheirOrder() {
    int id = ValueCodecs.forClass(Beans.FormerPart.class, book).schemaId();
    assertThat(ValueCodecs.forClass(SameAsFormerPart.class, book).schemaId()).isEqualTo(id);
    assertThat(ValueCodecs.forClass(Beans.Part.class, book).schemaId()).isNotEqualTo(id);
    assertThat(ValueCodecs.describe(book.lookup(id)))
        .isEqualTo("json<#0{label: string?, price: double}>");
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({@JsonSubTypes.Type(value = Circle.class, name = "circle")})
  abstract static class Shape {
    public String name = "";
  }

  static final class Circle extends Shape {
    public int radius;
  }

  static final class Drawing {
    public List<Shape> shapes = new ArrayList<>();
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({@JsonSubTypes.Type(value = Ring.class, name = "circle")})
  abstract static class ShapeNow {
    public String name = "";
  }

  static final class Ring extends ShapeNow {
    public int size;
  }

  static final class DrawingNow {
    public List<ShapeNow> shapes = new ArrayList<>();
  }

  @Test
  void subtypesInJsonAreLookedInto() {
    Drawing drawing = new Drawing();
    Circle circle = new Circle();
    circle.radius = 4;
    drawing.shapes.add(circle);
    Drawing same = migrate(Drawing.class, drawing, Drawing.class);
    assertThat(((Circle) same.shapes.get(0)).radius).isEqualTo(4);
    assertThatThrownBy(() -> migrate(Drawing.class, drawing, DrawingNow.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("shapes[]|circle was written with a component 'radius'");
  }

  @JsonDeserialize(builder = Built.Builder.class)
  static final class Built {
    private final int size;

    private Built(int size) {
      this.size = size;
    }

    public int getSize() {
      return size;
    }

    public int getDouble() {
      return 2 * size;
    }

    static final class Builder {
      private int size;

      public Builder withSize(int newSize) {
        size = newSize;
        return this;
      }

      public Built build() {
        return new Built(size);
      }
    }
  }

  static class More extends Closed {
    public int size = 3;
  }

  static class Box {
    public Closed content = new Closed();
  }

  @Test
  void whatOnlyTheTextShowsIsRefusedIfItWouldBeLost() {
    Built same = migrate(Built.class, new Built(4), Built.class);
    assertThat(same.getSize()).isEqualTo(4);
    Box box = new Box();
    box.content = new More();
    assertThatThrownBy(() -> migrate(Box.class, box, Box.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("property 'size', which Closed does not have");
  }

  static class Open {
    public String name = "";
    private final Map<String, Object> others = new TreeMap<>();

    @JsonAnyGetter
    Map<String, Object> others() {
      return others;
    }

    @JsonAnySetter
    void other(String name, Object value) {
      others.put(name, value);
    }
  }

  static class Closed {
    public String name = "";
  }

  @Test
  void whatASchemaCannotForeseeIsRefusedWhenItIsRead() {
    Open open = new Open();
    open.name = "a";
    Closed closed = migrate(Open.class, open, Closed.class);
    assertThat(closed.name).isEqualTo("a");
    open.other("size", 3);
    assertThatThrownBy(() -> migrate(Open.class, open, Closed.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("property 'size'", "Closed does not have", "@JsonAlias");
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
                Beans.Former.class,
                Drawing.class,
                Holder.class,
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

  static final class LooseClass {
    public String name = "a";
  }

  static final class DemandingClass {
    private final String name;
    private final String unit;

    @JsonCreator
    DemandingClass(@JsonProperty("name") String name, @JsonProperty("unit") String unit) {
      this.name = name;
      this.unit = new Demanding(name, unit).unit();
    }

    public String getName() {
      return name;
    }

    public String getUnit() {
      return unit;
    }
  }

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
    assertThatThrownBy(() -> migrate(LooseClass.class, new LooseClass(), DemandingClass.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("Cannot read a stored DemandingClass: its class refuses it")
        .hasMessageContaining("a unit is needed");
  }
}
