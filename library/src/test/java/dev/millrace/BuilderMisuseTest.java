package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.CircuitBreaker;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.Async;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Pattern;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestSink;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.Triggers;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Misuse of the builder: it fails where the mistake is made, in words of ours; and what is not
 * refused there can be planned and run.
 */
final class BuilderMisuseTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final List<Duration> DURATIONS =
      List.of(
          Duration.ofSeconds(Long.MIN_VALUE),
          Duration.ofDays(-1),
          Duration.ofNanos(-1),
          Duration.ZERO,
          Duration.ofNanos(1),
          Duration.ofNanos(1_500_000),
          Duration.ofMillis(1),
          Duration.ofDays(1),
          Duration.ofMillis(Long.MAX_VALUE),
          Duration.ofSeconds(Long.MAX_VALUE));

  private static final List<Long> NUMBERS =
      List.of((long) Integer.MIN_VALUE, -1L, 0L, 1L, 7L, (long) Integer.MAX_VALUE);

  private static final List<Class<?>> FACTORIES =
      List.of(
          Windows.class,
          Triggers.class,
          Emission.class,
          Late.class,
          Watermarks.class,
          Async.class,
          ErrorPolicy.class,
          CircuitBreaker.class,
          Aggregates.class,
          OutputTag.class,
          Job.class);

  record Reading(String sensor, long value) {}

  /** A function without state, as one a program would write. */
  static final class Nothing extends KeyedProcessFunction<String, Reading, String> {
    @Override
    public void onRecord(Reading record, Context context) {}
  }

  private static final OutputTag<String> TAG = OutputTag.of("aside", String.class);

  // ---------------------------------------------------------------- nulls

  @TestFactory
  Stream<DynamicTest> noMethodOfTheBuilderTakesNull() {
    List<Supplier<Object>> builders =
        List.of(
            () -> Job.named("misuse"),
            BuilderMisuseTest::stream,
            () -> stream().keyBy(Reading::sensor),
            () -> windowed(Windows.tumbling(Duration.ofSeconds(1))),
            () -> windowed(Windows.tumbling(Duration.ofSeconds(1))).emit(Emission.onUpdate()),
            () -> stream().keyBy(Reading::sensor).count(),
            () -> stream().keyBy(Reading::sensor).sortedByEventTime(),
            () -> stream().keyBy(Reading::sensor).match(Pattern.<Reading>begin("any")),
            () -> stream().branch("some", reading -> true),
            BuilderMisuseTest::join,
            BuilderMisuseTest::keyedJoin,
            BuilderMisuseTest::lookup,
            () -> lookup().on(Reading::sensor),
            () -> lookup().on(Reading::sensor).asOfEventTime(),
            () -> keyedJoin().within(Duration.ZERO, Duration.ZERO),
            BuilderMisuseTest::coGroup,
            () -> coGroup().within(Windows.session(Duration.ofSeconds(1))),
            () -> tables(newest()),
            () -> threeTables(newest()),
            () -> {
              Table<String, Reading> newest = newest();
              return threeTables(newest).join(newest);
            },
            () -> newest().groupBy((sensor, reading) -> sensor),
            () -> newest().onForeignKey(Reading::sensor),
            BuilderMisuseTest::foreignKeyJoin,
            BuilderMisuseTest::broadcast,
            () -> broadcast().on(Reading::sensor),
            () -> stream().to(TestSink.collect()),
            JobConfig::builder);
    List<DynamicTest> tests = new ArrayList<>();
    for (Supplier<Object> builder : builders) {
      for (Method method : builder.get().getClass().getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers())) {
          addNulls(method, builder, tests);
        }
      }
    }
    for (Class<?> factory : FACTORIES) {
      for (Method method : factory.getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers()) && Modifier.isStatic(method.getModifiers())) {
          addNulls(method, () -> null, tests);
        }
      }
    }
    assertThat(tests).hasSizeGreaterThan(80);
    return tests.stream();
  }

  private static StreamJoin<Reading, Reading> join() {
    DataStream<Reading> stream = stream();
    return stream.join(stream);
  }

  private static StreamTableJoin<String, Reading, Reading> lookup() {
    DataStream<Reading> stream = stream();
    return stream.join(stream.toTable(Reading::sensor));
  }

  private static KeyedCoGroup<String, Reading, Reading> coGroup() {
    KeyedStream<String, Reading> keyed = stream().keyBy(Reading::sensor);
    return keyed.coGroup(keyed);
  }

  private static Table<String, Reading> newest() {
    return stream().keyBy(Reading::sensor).latest();
  }

  private static TableJoin<String, Reading, Reading> tables(Table<String, Reading> newest) {
    return newest.join(newest);
  }

  private static TableJoin3<String, Reading, Reading, Reading> threeTables(
      Table<String, Reading> newest) {
    return tables(newest).join(newest);
  }

  private static ForeignKeyTableJoin<String, Reading, Reading> foreignKeyJoin() {
    Table<String, Reading> newest = newest();
    return newest.onForeignKey(Reading::sensor).join(newest);
  }

  private static BroadcastJoin<String, Reading, Reading> broadcast() {
    DataStream<Reading> stream = stream();
    return stream.join(stream.toTable(Reading::sensor).broadcast());
  }

  private static KeyedStreamJoin<String, Reading, Reading> keyedJoin() {
    KeyedStream<String, Reading> keyed = stream().keyBy(Reading::sensor);
    return keyed.join(keyed);
  }

  private static void addNulls(
      Method method, Supplier<@Nullable Object> target, List<DynamicTest> tests) {
    Class<?>[] types = method.getParameterTypes();
    for (int i = 0; i < types.length; i++) {
      if (types[i].isPrimitive()) {
        continue;
      }
      int index = i;
      tests.add(
          DynamicTest.dynamicTest(
              method.getDeclaringClass().getSimpleName() + "." + method.getName() + " #" + i,
              () -> {
                Object[] arguments = Stream.of(types).map(BuilderMisuseTest::valid).toArray();
                arguments[index] = null;
                assertRefused(method, target.get(), arguments);
                if (types[index].isArray()) {
                  arguments[index] = Array.newInstance(types[index].getComponentType(), 1);
                  assertRefused(method, target.get(), arguments);
                }
              }));
    }
  }

  private static void assertRefused(Method method, @Nullable Object target, Object[] arguments) {
    assertThatThrownBy(() -> call(method, target, arguments))
        .isInstanceOfAny(ConfigurationException.class, TypeInferenceException.class)
        .hasMessageStartingWith("Cannot ");
  }

  private static @Nullable Object call(Method method, @Nullable Object target, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static Object valid(Class<?> type) {
    if (type == int.class) {
      return 1;
    } else if (type == long.class) {
      return 1L;
    } else if (type == String.class) {
      return "name";
    } else if (type == Class.class) {
      return String.class;
    } else if (type == TypeRef.class) {
      return TypeRef.of(String.class);
    } else if (type == OutputTag.class) {
      return TAG;
    } else if (type == Duration.class) {
      return Duration.ofSeconds(1);
    } else if (type == ZoneId.class) {
      return ZoneId.of("UTC");
    } else if (type == CalendarUnit.class) {
      return CalendarUnit.DAY;
    } else if (type == Path.class) {
      return Path.of("state");
    } else if (type.isEnum()) {
      return type.getEnumConstants()[0];
    } else if (type == Async.class) {
      return Async.inFlight(1);
    } else if (type == ErrorPolicy.class) {
      return ErrorPolicy.skip();
    } else if (type == Emission.class) {
      return Emission.onUpdate();
    } else if (type == WindowSpec.class) {
      return Windows.count(1);
    } else if (type == dev.millrace.aggregate.Aggregation.class) {
      return Aggregates.count();
    } else if (type == dev.millrace.connector.Source.class) {
      return KafkaSource.json("readings", Reading.class);
    } else if (type == dev.millrace.connector.Sink.class) {
      return TestSink.collect();
    } else if (type == Supplier.class) {
      return (Supplier<Object>) Nothing::new;
    } else if (type == DataStream.class) {
      return stream();
    } else if (type == KeyedStream.class) {
      return stream().keyBy(Reading::sensor);
    } else if (type == Table.class) {
      return stream().keyBy(Reading::sensor).latest();
    } else if (type == BroadcastTable.class) {
      return stream().keyBy(Reading::sensor).latest().broadcast();
    } else if (type == dev.millrace.connector.KafkaTable.class) {
      return dev.millrace.connector.KafkaTable.json("readings", String.class, Reading.class);
    } else if (type == Pattern.class) {
      return Pattern.begin("any");
    } else if (type.isArray()) {
      Object array = Array.newInstance(type.getComponentType(), 1);
      Array.set(array, 0, valid(type.getComponentType()));
      return array;
    }
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> method.getReturnType() == boolean.class ? false : null);
  }

  // ---------------------------------------------------------------- numbers and durations

  @Test
  void factoriesTakeOrRefuseEveryNumberAndDuration() {
    int taken = 0;
    int refused = 0;
    for (Class<?> factory : FACTORIES) {
      for (Method method : factory.getDeclaredMethods()) {
        if (!Modifier.isPublic(method.getModifiers())) {
          continue;
        }
        boolean isStatic = Modifier.isStatic(method.getModifiers());
        Object target = isStatic ? null : instanceOf(factory);
        if (!isStatic && target == null) {
          continue;
        }
        for (Object[] arguments : combinations(method.getParameterTypes())) {
          try {
            call(method, target, arguments);
            taken++;
          } catch (ConfigurationException | TypeInferenceException e) {
            assertThat(e).hasMessageStartingWith("Cannot ");
            refused++;
          } catch (Throwable e) {
            throw new AssertionError(method + " of " + Arrays.toString(arguments), e);
          }
        }
      }
    }
    assertThat(taken).isGreaterThan(100);
    assertThat(refused).isGreaterThan(200);
  }

  private static @Nullable Object instanceOf(Class<?> type) {
    if (type == Watermarks.class) {
      return Watermarks.monotonous();
    } else if (type == Async.class) {
      return Async.inFlight(1);
    } else if (type == ErrorPolicy.class) {
      return ErrorPolicy.skip();
    }
    return null;
  }

  private static List<Object[]> combinations(Class<?>[] types) {
    List<Object[]> all = new ArrayList<>();
    all.add(new Object[types.length]);
    for (int i = 0; i < types.length; i++) {
      List<Object[]> next = new ArrayList<>();
      for (Object[] before : all) {
        for (Object value : values(types[i])) {
          Object[] arguments = before.clone();
          arguments[i] = value;
          next.add(arguments);
        }
      }
      all = next;
    }
    return all;
  }

  private static List<?> values(Class<?> type) {
    if (type == Duration.class) {
      return DURATIONS;
    } else if (type == long.class) {
      return Stream.concat(NUMBERS.stream(), Stream.of(Long.MIN_VALUE, Long.MAX_VALUE)).toList();
    } else if (type == int.class) {
      return NUMBERS.stream().map(Long::intValue).toList();
    } else if (type == String.class) {
      return List.of("", " ", "-", "A", "a/b", "name", "x".repeat(300));
    } else if (type == Object.class) {
      return List.of("other");
    }
    return List.of(valid(type));
  }

  @Test
  void windowsOfTooManySlicesAreRefused() {
    assertThatThrownBy(() -> Windows.sliding(Duration.ofDays(1), Duration.ofMillis(86_399_999)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it would have 86400000 slices of 1 ms");
    assertThatThrownBy(() -> Windows.cumulative(Duration.ofMillis(1), Duration.ofDays(1)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it would have 86400000 slices of 1 ms");
  }

  /** It would change nothing: the results are made where the keys lie. */
  @Test
  void theNumberOfTasksOfAKeyedStepIsAskedForBeforeIt() {
    KeyedStream<String, Reading> keyed = stream().keyBy(Reading::sensor);
    DataStream<?> windowed = windowed(Windows.tumbling(Duration.ofSeconds(1))).count();
    DataStream<?> processed = keyed.process(Idle::new);
    for (DataStream<?> results : List.of(windowed, processed)) {
      assertThatThrownBy(() -> results.parallelism(2))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(".keyBy(...).parallelism(...) before it");
    }
    assertThat(processed.filter(each -> true).parallelism(2)).isNotNull();
  }

  static final class Idle extends KeyedProcessFunction<String, Reading, String> {
    @Override
    public void onRecord(Reading reading, Context context) {}
  }

  // ---------------------------------------------------------------- what builds runs

  @TestFactory
  Stream<DynamicTest> windowsOfEveryLengthRunToTheEnd() {
    Duration year = Duration.ofDays(365);
    Duration longest = Duration.ofMillis(Long.MAX_VALUE);
    Duration ms = Duration.ofMillis(1);
    List<WindowSpec<Object>> windows =
        List.of(
            Windows.tumbling(ms),
            Windows.tumbling(longest),
            Windows.tumbling(longest, longest.minus(ms)),
            Windows.sliding(year, Duration.ofDays(7)),
            Windows.sliding(longest, longest),
            Windows.sliding(
                Duration.ofMillis(Long.MAX_VALUE / 3 * 3), Duration.ofMillis(Long.MAX_VALUE / 3)),
            Windows.sliding(ms, longest),
            Windows.cumulative(longest, longest),
            Windows.calendar(CalendarUnit.MONTH, ZoneId.of("Europe/Berlin")),
            Windows.session(ms),
            Windows.session(longest),
            Windows.count(1),
            Windows.count(Long.MAX_VALUE),
            Windows.global(Triggers.either(Triggers.count(2), Triggers.afterEventTime(longest))),
            Windows.global(Triggers.afterProcessingTime(longest)));
    List<DynamicTest> tests = new ArrayList<>();
    for (WindowSpec<Object> window : windows) {
      tests.add(DynamicTest.dynamicTest(window + " final", () -> run(window)));
      if (!window.toString().startsWith("global")) {
        for (Emission emission :
            List.of(Emission.onClose(), Emission.onUpdate(), Emission.every(longest))) {
          for (Duration lateness : List.of(Duration.ofDays(1), Duration.ofDays(36_500), longest)) {
            tests.add(
                DynamicTest.dynamicTest(
                    window + " " + emission + " " + lateness,
                    () -> run(emission, lateness, window)));
          }
        }
      }
    }
    return tests.stream();
  }

  private static void run(WindowSpec<Object> window) {
    Job job = Job.named("misuse");
    windowed(job, window).count().to(TestSink.collect());
    runToEnd(job);
  }

  private static void run(Emission emission, Duration lateness, WindowSpec<Object> window) {
    Job job = Job.named("misuse");
    Table<?, Long> table = windowed(job, window).allowedLateness(lateness).emit(emission).count();
    try {
      table.sequential();
    } catch (ConfigurationException e) {
      assertThat(e).hasMessageStartingWith("Cannot add records in order");
    }
    table.changes().to(TestSink.collect());
    runToEnd(job);
  }

  /**
   * Runs a job over readings of a few seconds, after one of 56 years before and before two that
   * come as many years late.
   */
  private static void runToEnd(Job job) {
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class);
      topic.sendAt(0, Instant.EPOCH, new Reading("old", 1));
      test.run();
      for (int i = 0; i < 5; i++) {
        topic.sendAt(0, START.plusMillis(i * 700L), new Reading("a", i));
      }
      test.run();
      topic.sendAt(0, Instant.EPOCH, new Reading("old", 1));
      topic.sendAt(0, Instant.EPOCH.plusMillis(1_500), new Reading("a", 1));
      test.run().endInput();
      assertThat(test.isFinished()).isTrue();
      assertThat(test.deadLetters()).isEmpty();
    }
  }

  // ---------------------------------------------------------------- streams to misuse

  private static DataStream<Reading> stream() {
    return stream(Job.named("misuse"));
  }

  private static DataStream<Reading> stream(Job job) {
    return job.source(
        KafkaSource.json("readings", Reading.class).watermarks(Watermarks.monotonous()));
  }

  private static WindowedStream<String, Reading> windowed(WindowSpec<Object> window) {
    return windowed(Job.named("misuse"), window);
  }

  private static WindowedStream<String, Reading> windowed(Job job, WindowSpec<Object> window) {
    return stream(job).keyBy(Reading::sensor).window(window);
  }
}
