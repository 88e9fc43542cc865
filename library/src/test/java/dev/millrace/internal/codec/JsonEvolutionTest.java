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
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * Two classes of this test stand for two versions of one class that is kept as JSON: what the
 * schema of its properties shows, and what only a value's text does.
 */
final class JsonEvolutionTest {

  private final InMemorySchemaBook book = new InMemorySchemaBook();

  @SuppressWarnings("unchecked")
  private <A, B> B migrate(Type from, A value, Type to) {
    StoredValues<A> writer = new StoredValues<>((ValueCodec<A>) ValueCodecs.forType(from, book));
    StoredValues<B> reader = new StoredValues<>((ValueCodec<B>) ValueCodecs.forType(to, book));
    return reader.fromBytes(writer.toBytes(value));
  }

  record Small(String name, int count) {}

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

  static final class Loose {
    public String name = "a";
  }

  static final class Demanding {
    private final String name;
    private final String unit;

    @JsonCreator
    Demanding(@JsonProperty("name") String name, @JsonProperty("unit") String unit) {
      this.name = name;
      if (unit == null) {
        throw new IllegalArgumentException("a unit is needed");
      }
      this.unit = unit;
    }

    public String getName() {
      return name;
    }

    public String getUnit() {
      return unit;
    }
  }

  @Test
  void whatTheConstructorRefusesIsTheJobsFailureAndNotTheRecords() {
    assertThatThrownBy(() -> migrate(Loose.class, new Loose(), Demanding.class))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("Cannot read a stored Demanding: its class refuses it")
        .hasMessageContaining("a unit is needed");
  }
}
