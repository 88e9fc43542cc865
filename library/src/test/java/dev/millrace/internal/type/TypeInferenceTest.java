package dev.millrace.internal.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.function.Collector;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.function.ReduceFunction;
import dev.millrace.serde.TypeRef;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class TypeInferenceTest {

  record Order(String id, int quantity, List<String> tags, Map<String, Long> prices) {
    Order(String id) {
      this(id, 1, List.of(), Map.of());
    }

    static List<Order> parse(String line) {
      return List.of(new Order(line));
    }

    Optional<Order> parent() {
      return Optional.empty();
    }
  }

  record Pair<A, B>(A first, B second) {
    Pair<B, A> swap() {
      return new Pair<>(second, first);
    }

    static <A> Pair<A, A> twice(A value) {
      return new Pair<>(value, value);
    }
  }

  record Box<T>(T content) {}

  interface AsyncFunction<T, R> extends Serializable {
    CompletionStage<R> call(T value) throws Exception;
  }

  interface Parser extends MapFunction<String, List<Order>> {}

  interface ToList<T> extends MapFunction<T, List<T>> {}

  static final Type STRINGS = new TypeRef<List<String>>() {}.type();

  private static Optional<Type> map(MapFunction<?, ?> function, Type input) {
    return TypeInference.resultOf(function, MapFunction.class, 1, input);
  }

  @Test
  void lambdaHasTheErasedResult() {
    MapFunction<Order, String> function = order -> order.id() + "!";
    assertThat(map(function, Order.class)).contains(String.class);
  }

  @Test
  void lambdaWithPrimitiveBodyHasTheWrapper() {
    MapFunction<Order, Integer> function = order -> order.quantity() + 1;
    assertThat(map(function, Order.class)).contains(Integer.class);
  }

  @Test
  void capturingLambdaHasTheErasedResult() {
    String suffix = "!";
    long number = 3;
    MapFunction<Order, String> function = order -> order.id() + suffix + number;
    assertThat(map(function, Order.class)).contains(String.class);
  }

  @Test
  void lambdaCapturingWhatCannotBeSerializedIsReadAllTheSame() {
    Object plain = new Object();
    MapFunction<Order, String> function = order -> order.id() + plain;
    assertThat(map(function, Order.class)).contains(String.class);
  }

  @Test
  void lambdaWithGenericResultIsUncertain() {
    MapFunction<Order, List<String>> function = order -> order.tags();
    assertThat(map(function, Order.class)).isEmpty();
  }

  @Test
  void identityLambdaHasItsInputsType() {
    MapFunction<Order, Order> function = x -> x;
    assertThat(map(function, Order.class)).contains(Order.class);
  }

  @Test
  void identityLambdaOfAGenericTypeIsUncertain() {
    MapFunction<List<String>, List<String>> function = x -> x;
    assertThat(map(function, STRINGS)).isEmpty();
  }

  @Test
  void lambdaWithResultObjectIsUncertain() {
    MapFunction<Order, Object> function = order -> order.id();
    assertThat(map(function, Order.class)).isEmpty();
  }

  @Test
  void arrayResultsAreCertainUnlessGeneric() {
    MapFunction<Order, String[]> strings = order -> new String[] {order.id()};
    MapFunction<Order, List<?>[]> lists = order -> new List<?>[0];
    assertThat(map(strings, Order.class)).contains(String[].class);
    assertThat(map(lists, Order.class)).isEmpty();
  }

  @Test
  void unboundReferenceHasTheMethodsGenericResult() {
    MapFunction<Order, List<String>> tags = Order::tags;
    MapFunction<Order, Map<String, Long>> prices = Order::prices;
    MapFunction<Order, Optional<Order>> parent = Order::parent;
    assertThat(map(tags, Order.class)).contains(STRINGS);
    assertThat(map(prices, Order.class)).contains(new TypeRef<Map<String, Long>>() {}.type());
    assertThat(map(parent, Order.class)).contains(new TypeRef<Optional<Order>>() {}.type());
  }

  @Test
  void unboundReferenceToAPrimitiveHasTheWrapper() {
    MapFunction<Order, Integer> function = Order::quantity;
    assertThat(map(function, Order.class)).contains(Integer.class);
  }

  @Test
  void referenceSeenAsASupertypeHasThatSupertype() {
    MapFunction<Order, Collection<String>> function = Order::tags;
    assertThat(map(function, Order.class)).contains(new TypeRef<Collection<String>>() {}.type());
  }

  @Test
  void staticReferenceHasTheMethodsGenericResult() {
    MapFunction<String, List<Order>> function = Order::parse;
    assertThat(map(function, String.class)).contains(new TypeRef<List<Order>>() {}.type());
  }

  @Test
  void boundReferenceHasTheMethodsResult() {
    Map<String, Order> orders = Map.of();
    MapFunction<String, Order> get = orders::get;
    Order order = new Order("a");
    MapFunction<String, Boolean> equal = order::equals;
    assertThat(map(get, String.class)).contains(Order.class);
    assertThat(map(equal, String.class)).contains(Boolean.class);
  }

  @Test
  void boundReferenceToAGenericMethodUsesItsSignature() {
    MapFunction<String, List<Order>> function = this::ordersOf;
    assertThat(map(function, String.class)).contains(new TypeRef<List<Order>>() {}.type());
  }

  private List<Order> ordersOf(String text) {
    return Order.parse(text);
  }

  @Test
  void mapEntryGetKeyUsesTheInstantiatedType() {
    KeyFunction<Map.Entry<String, Long>, String> function = Map.Entry::getKey;
    Type entry = new TypeRef<Map.Entry<String, Long>>() {}.type();
    assertThat(TypeInference.resultOf(function, KeyFunction.class, 1, entry))
        .contains(String.class);
    assertThat(TypeInference.resultOf(function, KeyFunction.class, 1)).contains(String.class);
  }

  @Test
  void genericComponentIsResolvedThroughTheInput() {
    MapFunction<Map.Entry<String, List<Long>>, List<Long>> value = Map.Entry::getValue;
    Type entry = new TypeRef<Map.Entry<String, List<Long>>>() {}.type();
    assertThat(map(value, entry)).contains(new TypeRef<List<Long>>() {}.type());
    assertThat(TypeInference.resultOf(value, MapFunction.class, 1)).isEmpty();
  }

  @Test
  void genericRecordMethodIsResolvedThroughTheInput() {
    MapFunction<Pair<String, Long>, Pair<Long, String>> swap = Pair::swap;
    Type input = new TypeRef<Pair<String, Long>>() {}.type();
    assertThat(map(swap, input)).contains(new TypeRef<Pair<Long, String>>() {}.type());
    assertThat(TypeInference.resultOf(swap, MapFunction.class, 1)).isEmpty();
  }

  @Test
  void genericStaticMethodIsResolvedThroughItsParameters() {
    MapFunction<String, Pair<String, String>> twice = Pair::twice;
    assertThat(map(twice, String.class)).contains(new TypeRef<Pair<String, String>>() {}.type());
  }

  @Test
  void constructorReferenceMakesItsClass() {
    MapFunction<String, Order> function = Order::new;
    assertThat(map(function, String.class)).contains(Order.class);
  }

  @Test
  void genericConstructorIsResolvedThroughItsParameters() {
    MapFunction<List<String>, Box<List<String>>> box = Box::new;
    MapFunction<Order, ArrayList<String>> list = order -> new ArrayList<>(order.tags());
    assertThat(map(box, STRINGS)).contains(new TypeRef<Box<List<String>>>() {}.type());
    assertThat(map(list, Order.class)).isEmpty();
  }

  @Test
  void constructorThatTellsNothingIsUncertain() {
    MapFunction<Integer, List<String>> function = ArrayList::new;
    assertThat(map(function, Integer.class)).isEmpty();
  }

  @Test
  void varargsReferenceWithGenericResultIsUncertain() {
    MapFunction<String, List<String>> asList = Arrays::asList;
    MapFunction<String, String> format = String::format;
    assertThat(map(asList, String.class)).isEmpty();
    assertThat(map(format, String.class)).contains(String.class);
  }

  @Test
  void anonymousClassSaysItInItsSignature() {
    MapFunction<Order, List<String>> function =
        new MapFunction<>() {
          @Override
          public List<String> apply(Order value) {
            return value.tags();
          }
        };
    assertThat(map(function, Order.class)).contains(STRINGS);
  }

  static final class Fixed implements Parser {
    @Override
    public List<Order> apply(String value) {
      return Order.parse(value);
    }
  }

  static final class Wrap<T> implements MapFunction<T, Box<T>> {
    @Override
    public Box<T> apply(T value) {
      return new Box<>(value);
    }
  }

  @Test
  void namedClassSaysItThroughItsInterfaces() {
    assertThat(map(new Fixed(), String.class)).contains(new TypeRef<List<Order>>() {}.type());
  }

  @Test
  void genericNamedClassIsResolvedThroughTheInput() {
    assertThat(map(new Wrap<String>(), String.class))
        .contains(new TypeRef<Box<String>>() {}.type());
    assertThat(TypeInference.resultOf(new Wrap<String>(), MapFunction.class, 1)).isEmpty();
  }

  @Test
  void lambdaOfAnInterfaceThatFixesTheResultHasThat() {
    Parser function = line -> Order.parse(line);
    assertThat(map(function, String.class)).contains(new TypeRef<List<Order>>() {}.type());
  }

  @Test
  void flatMapClassNamesWhatItEmitsAndALambdaDoesNot() {
    FlatMapFunction<String, Order> lambda = (line, out) -> out.emit(new Order(line));
    FlatMapFunction<String, Order> object =
        new FlatMapFunction<>() {
          @Override
          public void apply(String value, Collector<Order> out) {
            out.emit(new Order(value));
          }
        };
    assertThat(TypeInference.resultOf(lambda, FlatMapFunction.class, 1, String.class)).isEmpty();
    assertThat(TypeInference.resultOf(object, FlatMapFunction.class, 1, String.class))
        .contains(Order.class);
  }

  private CompletableFuture<Order> find(String id) {
    return CompletableFuture.completedFuture(new Order(id));
  }

  @Test
  void wrappedResultIsUnwrappedFromAReference() {
    AsyncFunction<String, Order> reference = this::find;
    AsyncFunction<String, Order> lambda = id -> find(id);
    assertThat(TypeInference.resultOf(reference, AsyncFunction.class, 1, String.class))
        .contains(Order.class);
    assertThat(TypeInference.resultOf(lambda, AsyncFunction.class, 1, String.class)).isEmpty();
  }

  @Test
  void parameterTypesAreInferredToo() {
    PeekFunction<Order> peek = order -> {};
    ReduceFunction<Order> reduce = (left, right) -> left;
    assertThat(TypeInference.resultOf(peek, PeekFunction.class, 0)).contains(Order.class);
    assertThat(TypeInference.resultOf(reduce, ReduceFunction.class, 0)).contains(Order.class);
  }

  @Test
  void knownArgumentIsTheAnswer() {
    MapFunction<Order, Object> function = order -> order;
    assertThat(TypeInference.resultOf(function, MapFunction.class, 1, null, String.class))
        .contains(String.class);
  }

  @Test
  void resultThatStaysATypeVariableIsUncertain() {
    assertThat(map(TypeInferenceTest.<Order>identity(), Order.class)).isEmpty();
  }

  private static <T> MapFunction<T, T> identity() {
    return value -> value;
  }

  @Test
  void interfaceWithRearrangedParametersIsSeenThrough() {
    ToList<String> function = value -> List.of(value);
    assertThat(map(function, String.class)).isEmpty();
  }

  @Test
  void innerClassOfAGenericClassIsUncertain() {
    MapFunction<String, Outer<String>.Inner> function = value -> new Outer<String>().new Inner();
    assertThat(map(function, String.class)).isEmpty();
  }

  static class Outer<T> {
    class Inner {
      T value;
    }
  }

  @Test
  void objectOfAnotherInterfaceIsRefused() {
    PeekFunction<Order> peek = order -> {};
    assertThatThrownBy(() -> map2(peek)).isInstanceOf(IllegalArgumentException.class);
  }

  private static void map2(Serializable function) {
    TypeInference.resultOf(function, MapFunction.class, 1);
  }

  @Test
  void typesMadeHereEqualTheJdksOwn() throws Exception {
    Type jdk = Order.class.getDeclaredMethod("prices").getGenericReturnType();
    Type ours = Types.parameterized(Map.class, String.class, Long.class);
    assertThat(ours).isEqualTo(jdk).hasSameHashCodeAs(jdk);
    assertThat(jdk).isEqualTo(ours);
    assertThat(Types.canonical(jdk)).isEqualTo(jdk);
    Function<Type, String> name = Types::name;
    assertThat(name.apply(ours)).isEqualTo("Map<String, Long>");
  }
}
