package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Values of types whose bytes the program's own serdes make. */
final class SerdeTypesTest {

  /** Neither a record nor anything that JSON could bring back. */
  static final class Money {
    private final long cents;

    Money(long cents) {
      this.cents = cents;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Money money && money.cents == cents;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(cents);
    }
  }

  sealed interface Payment {}

  record Cash(Money amount) implements Payment {}

  record Card(Money amount, String number) implements Payment {}

  record Bill(
      Money sum,
      Money discount,
      List<Money> parts,
      Map<String, Money> perShop,
      Optional<Money> tip,
      Money[] coins,
      Payment payment,
      long number) {}

  /** A class that JSON can bring back, but for which a program may want another form. */
  static class Bean {
    public long cents;
  }

  static class Basket {
    public String owner = "";
    public List<Bean> beans = List.of();
  }

  record Owned(String owner, Basket basket) {}

  private static final SerdeTypes MONEY = new SerdeTypes(Set.of(Money.class));

  private final InMemorySchemaBook book = new InMemorySchemaBook();

  private static final TypeSerde CENTS =
      new TypeSerde() {
        @Override
        public byte[] toBytes(Object value) {
          return String.valueOf(((Money) value).cents).getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public Object fromBytes(byte[] bytes) {
          return new Money(Long.parseLong(new String(bytes, StandardCharsets.US_ASCII)));
        }
      };

  private static TypeSerde opened(Type type) {
    assertThat(type).isEqualTo(Money.class);
    return CENTS;
  }

  @SuppressWarnings("unchecked") // the type is that of the values
  private <T> ValueCodec<T> codec(Type type) {
    return (ValueCodec<T>) ValueCodecs.forType(type, book, MONEY);
  }

  private <T> T roundTrip(Type type, T value) {
    ValueCodec<T> codec = this.<T>codec(type).with(SerdeTypesTest::opened);
    byte[] bytes = bytes(codec, value);
    return codec.decode(bytes, 0, bytes.length);
  }

  private static <T> byte[] bytes(ValueCodec<T> codec, T value) {
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    return out.toByteArray();
  }

  @Test
  void theSerdeWritesValuesAndPartsOfValues() {
    Money money = new Money(5);
    assertThat(roundTrip(Money.class, money)).isEqualTo(money).isNotSameAs(money);
    List<Money> list = Arrays.asList(money, null, new Money(-1));
    assertThat(roundTrip(new TypeRef<List<Money>>() {}.type(), list)).isEqualTo(list);
    for (Payment payment : List.of(new Cash(money), new Card(money, "n"))) {
      assertThat(roundTrip(Payment.class, payment)).isEqualTo(payment);
    }
    Bill bill =
        new Bill(
            money,
            null,
            list,
            Map.of("a", money),
            Optional.of(money),
            new Money[] {money, null},
            new Card(money, "n"),
            7);
    assertThat(roundTrip(Bill.class, bill)).usingRecursiveComparison().isEqualTo(bill);
  }

  @Test
  void withoutItsSerdeACodecHasOnlyASchema() {
    ValueCodec<Money> codec = codec(Money.class);
    assertThat(codec.usesSerdes()).isTrue();
    assertThat(this.<Bill>codec(Bill.class).usesSerdes()).isTrue();
    assertThat(this.<Bean>codec(Bean.class).usesSerdes()).isFalse();
    assertThat(codec.with(SerdeTypesTest::opened).schemaId()).isEqualTo(codec.schemaId());
    assertThatThrownBy(() -> bytes(codec, new Money(1))).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> codec.decode(new byte[] {1, '5'}, 0, 2))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theSchemaSaysThatASerdeWroteIt() {
    for (Type type : List.of(Money.class, Bill.class, Payment.class)) {
      Schema schema = TypeModel.of(type, MONEY).schema();
      assertThat(Schema.parse(schema.toBytes())).isEqualTo(schema);
    }
    assertThat(ValueCodecs.describe(TypeModel.of(Cash.class, MONEY).schema().toBytes()))
        .isEqualTo("#0{amount: serde<Money>?}");
  }

  @Test
  void peopleSeeTheBytesOfASerde() {
    ValueCodec<Card> codec = this.<Card>codec(Card.class).with(SerdeTypesTest::opened);
    byte[] bytes = bytes(codec, new Card(new Money(12), "n"));
    ReadableValues readable = new ReadableValues(book.lookup(codec.schemaId()));
    assertThat(readable.read(bytes, 0, bytes.length))
        .isEqualTo(Map.of("amount", "0x3132", "number", "n"));
  }

  static final class Later {
    @JsonIgnoreProperties("amount")
    record Card(String number, Money refund) {}
  }

  @Test
  void aComponentWithASerdeCanBeDroppedAndAdded() {
    ValueCodec<Card> old = this.<Card>codec(Card.class).with(SerdeTypesTest::opened);
    byte[] bytes = bytes(old, new Card(new Money(12), "n"));
    ValueCodec<Later.Card> codec =
        this.<Later.Card>codec(Later.Card.class).with(SerdeTypesTest::opened);
    assertThat(codec.writtenBy(old.schemaId()).decode(bytes, 0, bytes.length))
        .isEqualTo(new Later.Card("n", null));
  }

  @Test
  void anotherFormThanThatOfTheSerdeIsRefused() {
    SerdeTypes beans = new SerdeTypes(Set.of(Bean.class));
    ValueCodec<?> json = ValueCodecs.forType(Bean.class, book);
    ValueCodec<?> bySerde = ValueCodecs.forType(Bean.class, book, beans);
    assertThat(bySerde.schemaId()).isNotEqualTo(json.schemaId());
    assertThatThrownBy(() -> bySerde.writtenBy(json.schemaId()))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("was written as json<", "leave job.serde(Bean.class, ...) out");
    assertThatThrownBy(() -> json.writtenBy(bySerde.schemaId()))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("were written as serde<Bean>", "Name its serde again");
    ValueCodec<?> cash = ValueCodecs.forType(Cash.class, book, MONEY);
    ValueCodec<?> whole =
        ValueCodecs.forType(Cash.class, book, new SerdeTypes(Set.of(Cash.class, Money.class)));
    assertThatThrownBy(() -> cash.writtenBy(whole.schemaId()))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("was written as serde<Cash>", "name it again for Cash");
    assertThatThrownBy(() -> whole.writtenBy(cash.schemaId()))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("leave job.serde(Cash.class, ...) out");
    ValueCodec<?> money = codec(Money.class);
    assertThatThrownBy(() -> money.writtenBy(bySerde.schemaId()))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("was written as serde<Bean> and is serde<Money> now");
  }

  @Test
  void insideOfJsonASerdeIsRefused() {
    SerdeTypes beans = new SerdeTypes(Set.of(Bean.class));
    for (Type type : List.of(Basket.class, Owned.class)) {
      assertThatThrownBy(() -> ValueCodecs.forType(type, book, beans))
          .isInstanceOf(TypeInferenceException.class)
          .hasMessageContainingAll(
              "it is kept as JSON, in which its part Bean",
              "Make Basket a record",
              "job.serde(Basket.class, () -> new TheSerde(...))");
    }
    assertThat(ValueCodecs.forType(Owned.class, book).usesSerdes()).isFalse();
  }

  @Test
  void whatHasAFormOfItsOwnNeedsNoSerde() {
    for (Type type :
        List.of(
            Object.class,
            Long.class,
            String.class,
            byte[].class,
            new TypeRef<List<Money>>() {}.type(),
            new TypeRef<Map<String, Money>>() {}.type(),
            new TypeRef<Optional<Money>>() {}.type(),
            Money[].class)) {
      assertThatThrownBy(() -> SerdeTypes.check(type))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("Cannot name a serde for ");
    }
    SerdeTypes.check(Money.class);
    SerdeTypes.check(Cash.class);
    SerdeTypes.check(Payment.class);
  }

  @Test
  void aGenericTypeIsNamedByAReference() {
    assertThat(SerdeTypes.line(new TypeRef<Map.Entry<String, Money>>() {}.type()))
        .isEqualTo("job.serde(new TypeRef<Entry<String, Money>>() {}, () -> new TheSerde(...))");
  }
}
