package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.JobTest;
import java.lang.reflect.Type;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Currency;
import java.util.DoubleSummaryStatistics;
import java.util.GregorianCalendar;
import java.util.LinkedList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.annotation.JsonDeserialize;

final class LostPropertiesTest {

  /** The shape of classes that Avro generates. */
  static class AvroLike {
    private String name = "";

    public AvroLike() {}

    public Object getSchema() {
      return Map.of();
    }

    public Object get(int field) {
      return name;
    }

    public void put(int field, Object value) {
      name = (String) value;
    }

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }
  }

  /** The shape of classes that Protobuf generates. */
  static final class ProtobufLike {
    private final Object name_;

    private ProtobufLike() {
      name_ = "";
    }

    private ProtobufLike(Builder builder) {
      name_ = builder.name;
    }

    public String getName() {
      return name_.toString();
    }

    public static Builder newBuilder() {
      return new Builder();
    }

    static final class Builder {
      private String name = "";

      public Builder setName(String name) {
        this.name = name;
        return this;
      }

      public ProtobufLike build() {
        return new ProtobufLike(this);
      }
    }
  }

  static class Hidden {
    private String name = "n";

    String shown() {
      return name;
    }
  }

  static class Unsettable {
    private final String name;
    public int age;

    Unsettable() {
      this("", "");
    }

    Unsettable(String first, String last) {
      this.name = first + last;
    }

    public String getName() {
      return name;
    }
  }

  /** A list that is never set comes back empty. */
  static class FilledInPlace {
    public String name = "";
    private final List<String> tags = new ArrayList<>();

    public List<String> getTags() {
      return tags;
    }
  }

  static class PartlyHidden {
    public String name = "";
    private long sum = 1;

    long shown() {
      return sum;
    }
  }

  static class SetOnly {
    public String name = "";
    private String token = "";

    public void setToken(String token) {
      this.token = token;
    }

    String shown() {
      return token;
    }
  }

  static class HidesInside {
    public String name = "";
    public List<PartlyHidden> parts = new ArrayList<>();
  }

  static class EmptyInside {
    public String name = "";
    public Map<String, Hidden> parts = Map.of();
  }

  /** Its fields are not called as its properties are. */
  static class Prefixed {
    private String mName = "";
    private boolean isActive;
    private transient int cached;
    @JsonIgnore private int ignored;

    public String getName() {
      return mName;
    }

    public void setName(String name) {
      mName = name;
      cached = name.length();
    }

    public boolean isActive() {
      return isActive;
    }

    public void setActive(boolean active) {
      isActive = active;
      ignored = cached;
    }

    int ignored() {
      return ignored;
    }
  }

  /** A constructor without annotations makes what is hidden of what it is given. */
  static class Measured {
    private final double width;
    private final double area;

    Measured(double width) {
      this.width = width;
      this.area = width * width;
    }

    public double getWidth() {
      return width;
    }

    double area() {
      return area;
    }
  }

  static class Constant {
    private final String kind = "constant";
    public int age;

    public String getKind() {
      return kind;
    }
  }

  static class NothingIn {}

  /** The field stands in for the setter. */
  static class GettersOnly {
    private String name = "";
    private List<String> tags = new ArrayList<>();

    GettersOnly() {}

    GettersOnly(String name, String tag) {
      this.name = name;
      tags.add(tag);
    }

    public String getName() {
      return name;
    }

    public List<String> getTags() {
      return tags;
    }

    public int getLength() {
      return name.length();
    }
  }

  static class Plain {
    private String name = "";
    private transient int cached;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
      cached = name.length();
    }

    int cached() {
      return cached;
    }
  }

  static final class Created {
    private final String name;

    @JsonCreator
    Created(@JsonProperty("name") String name) {
      this.name = name;
    }

    public String getName() {
      return name;
    }
  }

  static final class Delegating {
    private final String name;

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Delegating(String name) {
      this.name = name;
    }

    @JsonValue
    String text() {
      return name;
    }
  }

  /** Nothing in the text says which class an object of it is of. */
  interface Fruit {
    String getName();
  }

  static final class Apple implements Fruit {
    public String name = "apple";

    @Override
    public String getName() {
      return name;
    }
  }

  static final class Basket {
    public List<Fruit> fruits = List.of();
  }

  static final class Nest {
    public Map<String, Optional<Fruit>> byName = Map.of();
  }

  static final class Bowl {
    @JsonDeserialize(contentAs = Apple.class)
    public List<Fruit> fruits = List.of();

    public Fruit getBest() {
      return fruits.get(0);
    }
  }

  static final class Labelled {
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes(@JsonSubTypes.Type(value = Apple.class, name = "apple"))
    public Fruit fruit = new Apple();
  }

  @Test
  void propertiesOfTypesThatJsonCannotMakeAreRefused() {
    checkRefused(Basket.class, "JSON has no way to make a Fruit");
    checkRefused(Nest.class, "JSON has no way to make a Fruit");
    Type list = new TypeRef<LinkedList<Fruit>>() {}.type();
    assertThatThrownBy(() -> ValueCodecs.forType(list, new InMemorySchemaBook()))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("JSON has no way to make a Fruit");

    Bowl bowl = new Bowl();
    bowl.fruits = List.of(new Apple());
    assertThat(roundTrip(Bowl.class, bowl).getBest().getName()).isEqualTo("apple");
    assertThat(roundTrip(Labelled.class, new Labelled()).fruit).isInstanceOf(Apple.class);
  }

  static final class Flags {
    public BitSet seen = new BitSet();
  }

  static final class Sums {
    public LongAdder sum = new LongAdder();
  }

  static final class Counts {
    public AtomicLong count = new AtomicLong(1);
    public Optional<AtomicInteger> other = Optional.of(new AtomicInteger(2));
    public RuntimeException failure = new IllegalStateException("late");
    public Currency currency = Currency.getInstance("EUR");
  }

  /** They have neither getters nor setters for what is in them, and the library does not ask. */
  @Test
  void classesOfJavaThatJsonDoesNotKnowAreRefused() {
    for (Class<?> type :
        List.of(
            BitSet.class,
            LongSummaryStatistics.class,
            DoubleSummaryStatistics.class,
            Random.class,
            LongAdder.class,
            DoubleAdder.class)) {
      checkRefused(type, type.getSimpleName() + " is a class of Java");
    }
    checkRefused(Flags.class, "BitSet is a class of Java");
    checkRefused(Sums.class, "LongAdder is a class of Java");
    Counts counts = roundTrip(Counts.class, new Counts());
    assertThat(counts.count.get()).isEqualTo(1);
    assertThat(counts.other.orElseThrow().get()).isEqualTo(2);
    assertThat(counts.failure).hasMessage("late");
    assertThat(counts.currency).isEqualTo(Currency.getInstance("EUR"));
  }

  static final class Appointment {
    public Optional<GregorianCalendar> at = Optional.empty();
  }

  static final class Search {
    public List<Pattern> patterns = List.of();
  }

  /** Their text, or number, is that of others as well. */
  @Test
  void classesOfJavaOfWhichJsonHasOnlyAPartAreRefused() {
    checkRefused(
        GregorianCalendar.class, "GregorianCalendar would come back without its time zone");
    checkRefused(Calendar.class, "Calendar would come back without its time zone");
    checkRefused(Pattern.class, "Pattern would come back without its flags");
    checkRefused(Appointment.class, "GregorianCalendar would come back without its time zone");
    checkRefused(Search.class, "Pattern would come back without its flags");
    checkRefused(Inet4Address.class, "JSON has no way to make an Inet4Address");
  }

  static final class CutName {
    @JsonProperty("a\uD83D")
    public int number;
  }

  record CutComponent(@JsonProperty("a\uD83D") int number) {}

  @Test
  void namesWithHalfOfASurrogatePairAreRefused() {
    checkRefused(CutName.class, "CutName has a property with half of a surrogate pair in its name");
    assertThatThrownBy(() -> ValueCodecs.forClass(CutComponent.class, new InMemorySchemaBook()))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("component number in JSON has half of a surrogate pair. Rename it");
  }

  @Test
  void whatWouldNotComeBackIsRefused() {
    checkRefused(AvroLike.class, "AvroLike is a class of Avro");
    checkRefused(ProtobufLike.class, "ProtobufLike would come back without 'name'");
    checkRefused(Hidden.class, "Hidden would be written as {}: its fields (name)");
    checkRefused(FilledInPlace.class, "FilledInPlace would come back without 'tags'");
    checkRefused(PartlyHidden.class, "PartlyHidden would come back without its fields 'sum'");
    checkRefused(SetOnly.class, "SetOnly would come back without its fields 'token'");
    checkRefused(HidesInside.class, "PartlyHidden would come back without its fields 'sum'");
    checkRefused(EmptyInside.class, "Hidden would be written as {}: its fields (name)");
    checkRefused(Unsettable.class, "Unsettable would come back without 'name'");
  }

  private static void checkRefused(Class<?> type, String reason) {
    assertThatThrownBy(() -> ValueCodecs.forClass(type, new InMemorySchemaBook()))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining("Map the values to a record first")
        .hasMessageContaining("job.serde(" + type.getSimpleName() + ".class, () -> new TheSerde(");
  }

  @Test
  void whatComesBackIsTaken() {
    GettersOnly read = roundTrip(GettersOnly.class, new GettersOnly("n", "t"));
    assertThat(read.getName()).isEqualTo("n");
    assertThat(read.getTags()).containsExactly("t");
    Plain plain = new Plain();
    plain.setName("n");
    assertThat(roundTrip(Plain.class, plain).cached()).isEqualTo(1);
    assertThat(roundTrip(Created.class, new Created("n")).getName()).isEqualTo("n");
    assertThat(roundTrip(Delegating.class, new Delegating("n")).text()).isEqualTo("n");
    Prefixed prefixed = new Prefixed();
    prefixed.setName("n");
    prefixed.setActive(true);
    assertThat(roundTrip(Prefixed.class, prefixed).isActive()).isTrue();
    assertThat(roundTrip(Measured.class, new Measured(3)).area()).isEqualTo(9);
    assertThat(roundTrip(Constant.class, new Constant()).getKind()).isEqualTo("constant");
    assertThat(roundTrip(NothingIn.class, new NothingIn())).isNotNull();
  }

  private static <T> T roundTrip(Class<T> type, T value) {
    ValueCodec<T> codec = ValueCodecs.forClass(type, new InMemorySchemaBook());
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    byte[] bytes = out.toByteArray();
    return codec.decode(bytes, 0, bytes.length);
  }

  @Test
  void aJobNamesWhereTheValuesWouldBeSent() {
    Job job = Job.named("lossy");
    job.source(KafkaSource.strings("in"))
        .map(text -> new Hidden())
        .keyBy(hidden -> hidden.shown())
        .count()
        .to(KafkaSink.upsert("out"));
    assertThatThrownBy(() -> JobTest.of(job).run())
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("Cannot start job 'lossy', shuffle from in to ")
        .hasMessageContaining("Hidden would be written as {}");
  }

  static class Animal {
    public String name = "";
  }

  static class Dog extends Animal {
    public int tricks = 3;
  }

  /** As libraries and anonymous classes make them. */
  static class Nothing extends Animal {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes(@JsonSubTypes.Type(Circle.class))
  static class Shape {
    public String name = "";
  }

  static class Circle extends Shape {
    public int radius = 1;
  }

  record Owner(Animal animal) {}

  @Test
  void aSubclassWithPropertiesOfItsOwnIsRefused() {
    ValueCodec<Animal> codec = ValueCodecs.forClass(Animal.class, new InMemorySchemaBook());
    ByteWriter out = new ByteWriter();
    codec.encode(new Nothing(), out);
    assertThat(codec.decode(out.array(), 0, out.size()).name).isEmpty();
    assertThatThrownBy(() -> codec.encode(new Dog(), out))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Cannot encode a Dog", "its type is Animal", "(tricks)");
    ValueCodec<Owner> owners = ValueCodecs.forClass(Owner.class, new InMemorySchemaBook());
    assertThatThrownBy(() -> owners.encode(new Owner(new Dog()), out))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(tricks)");
  }

  @Test
  void aSubclassThatTheTextNamesComesBack() {
    ValueCodec<Shape> codec = ValueCodecs.forClass(Shape.class, new InMemorySchemaBook());
    ByteWriter out = new ByteWriter();
    codec.encode(new Circle(), out);
    assertThat(codec.decode(out.array(), 0, out.size())).isInstanceOf(Circle.class);
  }

  static class Square extends Shape {
    public int side = 1;
  }

  /** It would be written under a name that is not read. */
  @Test
  void aSubclassThatIsNotListedIsRefusedWhenItIsWritten() {
    ValueCodec<Shape> codec = ValueCodecs.forClass(Shape.class, new InMemorySchemaBook());
    ByteWriter out = new ByteWriter();
    assertThatThrownBy(() -> codec.encode(new Square(), out))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Cannot encode a Square", "its type is Shape", "@JsonSubTypes");
    codec.encode(new Shape(), out);
    assertThat(codec.decode(out.array(), 0, out.size()).getClass()).isEqualTo(Shape.class);
  }
}
