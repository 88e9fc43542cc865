package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import dev.millrace.admin.LetterFilter;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.FileSource;
import dev.millrace.connector.GeneratorSource;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Pattern;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StateScan;
import dev.millrace.testkit.TestRecord;
import dev.millrace.time.TimeDomain;
import dev.millrace.time.WatermarkGenerator;
import dev.millrace.time.WatermarkOutput;
import dev.millrace.time.Watermarks;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.Windows;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever was set in a specification stays set, whatever is set after it: every method that
 * returns a changed copy, before every other one, by reflection.
 */
final class SpecificationsTest {

  private record Reading(String sensor, Instant at) {}

  /** The specifications to begin from; one for each class that has methods returning copies. */
  private static List<Object> specifications() {
    KeyedStream<String, Reading> readings =
        Job.named("job")
            .source(KafkaSource.json("readings", Reading.class).watermarks(Watermarks.monotonous()))
            .keyBy(Reading::sensor);
    return List.of(
        KafkaSource.json("readings", Reading.class),
        KafkaTable.json("readings", String.class, Reading.class),
        KafkaSink.json("out"),
        KafkaSink.upsert("out"),
        FileSource.lines(Path.of("in")),
        GeneratorSource.of(Long.class, i -> i),
        FileSink.jsonLines(Path.of("out")),
        Watermarks.boundedOutOfOrderness(Duration.ofSeconds(3)),
        Watermarks.generator(() -> (Object record, Instant time, WatermarkOutput out) -> {}),
        Async.inFlight(3),
        ErrorPolicy.skip(),
        Windows.tumbling(Duration.ofMinutes(5)),
        Windows.sliding(Duration.ofMinutes(5), Duration.ofMinutes(1)),
        Windows.cumulative(Duration.ofMinutes(1), Duration.ofMinutes(5)),
        Windows.session(Duration.ofMinutes(5)),
        Windows.dynamicSession(reading -> Duration.ofMinutes(1)),
        Windows.calendar(CalendarUnit.DAY, ZoneOffset.UTC),
        Windows.count(3),
        TestRecord.of("value"),
        LetterFilter.all(),
        PeekRequest.all(),
        ReplayRequest.all(),
        StateScan.all(),
        readings.sortedByEventTime(),
        readings.match(Pattern.<Reading>begin("any")),
        readings.window(Windows.tumbling(Duration.ofMinutes(5))),
        readings
            .window(Windows.tumbling(Duration.ofMinutes(5)))
            .allowedLateness(Duration.ofMinutes(1)));
  }

  /** What is not a copy but the thing itself, changed: jobs, their streams and steps, test kits. */
  private static final Set<String> CHANGE_THEMSELVES =
      Set.of(
          "dev.millrace.Branches",
          "dev.millrace.DataStream",
          "dev.millrace.GroupedTable",
          "dev.millrace.Job",
          "dev.millrace.KeyedStream",
          "dev.millrace.KeyedCoGroup",
          "dev.millrace.KeyedStreamJoin",
          "dev.millrace.KeyedStreamTableJoin",
          "dev.millrace.SinkStep",
          "dev.millrace.Table",
          "dev.millrace.testkit.JobTest",
          "dev.millrace.testkit.JobTestBuilder",
          "dev.millrace.testkit.TestTopic");

  /** Copies of which only one thing can be set, or whose methods are no settings. */
  private static final Set<String> NO_SPECIFICATIONS =
      Set.of(
          "dev.millrace.BoundedStreamJoin",
          "dev.millrace.ForeignKeyTableJoin",
          "dev.millrace.TableJoin",
          "dev.millrace.TableJoin3",
          "dev.millrace.TableJoin4",
          "dev.millrace.TemporalJoin",
          "dev.millrace.WindowedCoGroup",
          "dev.millrace.admin.ResetRequest",
          "dev.millrace.aggregate.DoubleSum",
          "dev.millrace.config.ConfigLayers",
          "dev.millrace.config.JobConfig", // keys and values; tested by itself
          "dev.millrace.config.JobConfig$Builder",
          "dev.millrace.error.MillraceException",
          "dev.millrace.error.Place",
          "dev.millrace.metrics.StageCounters",
          "dev.millrace.pattern.Pattern", // words in an order
          "dev.millrace.query.StateQuery", // of a running job
          "dev.millrace.state.ListState",
          "dev.millrace.state.MapState",
          "dev.millrace.state.ValueState",
          "dev.millrace.window.WindowSpec");

  /** Methods that set the same thing, one way or the other. */
  private static final Set<Set<String>> ALTERNATIVES =
      Set.of(
          Set.of("key"), // with a serializer or without
          Set.of("maxRuns"), // with one way of overflow or another
          Set.of("timestamp", "writeTime"),
          Set.of("fromEnd", "lastOf"),
          Set.of("fromEnd", "fromOffset"),
          Set.of("fromOffset", "lastOf"));

  @Test
  void nothingThatWasSetIsForgotten() throws Exception {
    List<String> lost = new ArrayList<>();
    for (Object specification : specifications()) {
      List<Method> withers = withers(specification.getClass());
      assertThat(withers).as("methods of %s", specification.getClass()).isNotEmpty();
      for (Method first : withers) {
        for (Method second : withers) {
          if (ALTERNATIVES.contains(new TreeSet<>(List.of(first.getName(), second.getName())))) {
            continue; // the later call counts
          }
          compare(specification, first, second, lost);
        }
      }
    }
    assertThat(lost).isEmpty();
  }

  private static void compare(Object start, Method first, Method second, List<String> lost)
      throws Exception {
    Object one = call(start, first, 1);
    Object two = call(start, second, 2);
    if (one == null || two == null) {
      return;
    }
    Map<String, Object> before = settings(start);
    Map<String, Object> afterFirst = settings(one);
    Map<String, Object> afterSecond = settings(two);
    Object both = call(one, second, 2);
    if (both == null) {
      return; // refused, which is as good as kept
    }
    Map<String, Object> afterBoth = settings(both);
    Set<String> places = new TreeSet<>(afterFirst.keySet());
    places.addAll(afterBoth.keySet());
    for (String place : places) {
      Object kept = afterFirst.get(place);
      Object now = afterBoth.get(place);
      boolean wasSet = !Objects.equals(before.get(place), kept);
      boolean setAgain = !Objects.equals(before.get(place), afterSecond.get(place));
      if (wasSet && !setAgain && !isSame(kept, now, before.get(place))) {
        lost.add(
            start.getClass().getSimpleName()
                + "."
                + first.getName()
                + "(..)."
                + second.getName()
                + "(..) forgets "
                + place
                + ": "
                + kept
                + " became "
                + now);
      }
    }
  }

  /** A function may have been put into another one; a value is the same or lost. */
  private static boolean isSame(
      @Nullable Object kept, @Nullable Object now, @Nullable Object unset) {
    return Objects.equals(kept, now)
        || (isFunction(kept) && isFunction(now) && !Objects.equals(now, unset));
  }

  private static boolean isFunction(@Nullable Object value) {
    return value != null
        && (Proxy.isProxyClass(value.getClass()) || value.getClass().isSynthetic());
  }

  @Test
  void everyMethodOfASpecificationSetsSomething() throws Exception {
    for (Object specification : specifications()) {
      for (Method wither : withers(specification.getClass())) {
        List<Map<String, Object>> changed = new ArrayList<>();
        for (int kind = 1; kind <= 2; kind++) {
          Object copy = call(specification, wither, kind);
          if (copy != null) {
            changed.add(settings(copy));
          }
        }
        Map<String, Object> before = settings(specification);
        // One of the arguments may be the default.
        if (!changed.isEmpty()) { // else it does not go with this specification and is refused
          assertThat(changed).as("%s", wither).anyMatch(settings -> !settings.equals(before));
        }
      }
    }
  }

  @Test
  void everyClassWithSuchMethodsIsLookedAt() {
    Set<String> known = new TreeSet<>(CHANGE_THEMSELVES);
    known.addAll(NO_SPECIFICATIONS);
    specifications().forEach(specification -> known.add(specification.getClass().getName()));
    Set<String> found = new TreeSet<>();
    for (JavaClass type : ArchitectureTest.libraryClasses()) {
      if (!type.getPackageName().startsWith("dev.millrace.internal")
          && !type.isEnum()
          && type.getModifiers().contains(JavaModifier.PUBLIC)
          && !withers(type.reflect()).isEmpty()) {
        found.add(type.getName());
      }
    }
    assertThat(found).isSubsetOf(known).contains("dev.millrace.connector.KafkaSource");
  }

  /** {@return the methods that return a changed copy} */
  private static List<Method> withers(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
        .filter(method -> method.getReturnType() == type)
        .toList();
  }

  /** {@return the result of a call with arguments of the given kind, or null if it is refused} */
  private static @Nullable Object call(Object on, Method method, int kind) throws Exception {
    method.setAccessible(true);
    Object[] arguments =
        Arrays.stream(method.getParameterTypes()).map(type -> argument(type, kind)).toArray();
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      assertThat(e.getCause())
          .as("%s of %s", method, on)
          .isInstanceOf(ConfigurationException.class);
      return null;
    }
  }

  private static Object argument(Class<?> type, int kind) {
    if (type == Duration.class) {
      return Duration.ofSeconds(70L + kind);
    }
    if (type == int.class) {
      return 7 + kind;
    }
    if (type == long.class) {
      return 7L + kind;
    }
    if (type == double.class) {
      return 7.5 + kind;
    }
    if (type == Class.class) {
      return kind == 1 ? String.class : Long.class;
    }
    if (type == TimeDomain.class) {
      return kind == 1 ? TimeDomain.EVENT : TimeDomain.PROCESSING;
    }
    if (type == Watermarks.class) {
      return Watermarks.boundedOutOfOrderness(Duration.ofSeconds(kind));
    }
    if (type == StateCursor.class) {
      return StateCursor.ofTask(kind);
    }
    if (type == LetterFilter.class) {
      return LetterFilter.all().onlyStage("stage-" + kind);
    }
    if (type == Charset.class) {
      return kind == 1 ? StandardCharsets.ISO_8859_1 : StandardCharsets.US_ASCII;
    }
    if (type == Instant.class) {
      return Instant.ofEpochMilli(kind);
    }
    if (type == byte[].class) {
      return new byte[] {(byte) kind};
    }
    if (type == String.class) {
      return "text-" + kind;
    }
    if (type == String[].class) {
      return new String[] {"text-" + kind};
    }
    if (type == OutputTag.class) {
      return Late.tag("late-" + kind, Reading.class);
    }
    if (type == Emission.class) {
      return Emission.onUpdate();
    }
    if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return constants[kind % constants.length];
    }
    if (type.isInterface()) {
      return Proxy.newProxyInstance(
          type.getClassLoader(),
          new Class<?>[] {type},
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> kind;
                case "toString" -> type.getSimpleName() + kind;
                default -> throw new AssertionError(method);
              });
    }
    throw new AssertionError("No argument of " + type + ": add one");
  }

  /** {@return all values in a specification, by the fields that lead to them} */
  private static Map<String, Object> settings(Object specification) throws Exception {
    Map<String, Object> found = new TreeMap<>();
    collect("", specification, found, 0);
    return found;
  }

  private static void collect(
      String path, @Nullable Object value, Map<String, Object> found, int depth) throws Exception {
    if (value instanceof Optional<?> optional) {
      collect(path, optional.orElse(null), found, depth);
    } else if (value instanceof Collection<?> elements) {
      found.put(path + "#", elements.size());
      int i = 0;
      for (Object element : elements) {
        collect(path + "[" + i++ + "]", element, found, depth + 1);
      }
    } else if (value == null || !isTakenApart(value)) {
      if (value != null) {
        found.put(path, value);
      }
    } else {
      found.put(path + ".class", value.getClass());
      for (Field field : value.getClass().getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          field.setAccessible(true);
          collect(path + "." + field.getName(), field.get(value), found, depth + 1);
        }
      }
    }
  }

  private static boolean isTakenApart(Object value) {
    Class<?> type = value.getClass();
    return type.getName().startsWith("dev.millrace")
        && !type.isEnum()
        && !isFunction(value)
        && !type.getName().contains("PlanBuilder");
  }

  // ------------------------------------------------------------------ what went wrong once

  @Test
  void recordsKeepTheEventTimeAndTheWatermarksOfTheirValues() throws Exception {
    List<String> seen = new ArrayList<>();
    WatermarkGenerator<Reading> generator =
        (reading, time, output) -> seen.add(reading.sensor() + " " + time);
    KafkaSource<KafkaRecord<String, Reading>> source =
        KafkaSource.json("readings", Reading.class)
            .eventTime(Reading::at)
            .watermarks(
                Watermarks.<Reading>generator(() -> generator).idleness(Duration.ofSeconds(99)))
            .fromLatest()
            .records(String.class);

    KafkaSourceSpec spec = Specs.of(source, KafkaSourceSpec.class);
    Instant at = Instant.parse("2026-01-01T00:00:00Z");
    KafkaRecord<String, Reading> record =
        new KafkaRecord<>("key", new Reading("s", at), List.of(), "readings", 0, 7, Instant.EPOCH);
    @SuppressWarnings("unchecked") // as set above
    TimestampFunction<KafkaRecord<String, Reading>> time =
        (TimestampFunction<KafkaRecord<String, Reading>>)
            Objects.requireNonNull(spec.times().eventTime());
    assertThat(time.timestamp(record)).isEqualTo(at);
    WatermarkStrategy strategy = Objects.requireNonNull(spec.times().watermarks());
    assertThat(strategy.idleTimeout()).isEqualTo(Duration.ofSeconds(99));
    @SuppressWarnings("unchecked") // as set above
    WatermarkGenerator<KafkaRecord<String, Reading>> ofRecords =
        (WatermarkGenerator<KafkaRecord<String, Reading>>)
            Objects.requireNonNull(strategy.generators()).get();
    ofRecords.onRecord(record, at, null);
    assertThat(seen).containsExactly("s " + at);
    assertThat(spec.start()).isEqualTo(KafkaSourceSpec.Start.LATEST);
  }

  @Test
  void recordsInRecordsAreRefused() {
    assertThatThrownBy(() -> KafkaSource.strings("words").records().records())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Call records(...) once");
  }

  @Test
  void completionShowsNoGettersOfTheEngine() {
    for (Class<?> type :
        List.of(
            KafkaSource.class,
            KafkaSink.class,
            FileSource.class,
            GeneratorSource.class,
            Watermarks.class)) {
      assertThat(
              Arrays.stream(type.getDeclaredMethods())
                  .filter(
                      method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                  .filter(method -> method.getReturnType() != type)
                  .map(Method::getName))
          .as("public methods of %s", type)
          .isEmpty();
    }
  }
}
