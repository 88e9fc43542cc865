package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.json.JsonShape.Kind;
import dev.millrace.internal.codec.object.LinkedRecordMaker;
import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.Nullness;
import dev.millrace.internal.codec.object.RecordAccess;
import dev.millrace.internal.codec.object.RecordMaker;
import dev.millrace.serde.JsonTimes;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The reader of a plain record from plain JSON text; it returns null for anything else, which
 * includes every error.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class JsonRecordReader {

  private final byte[][] names;
  private final Kind[] kinds;
  private final boolean[] primitive;
  private final boolean[] neverNull;
  private final RecordMaker maker;
  private final JsonTimes times;
  private final boolean skipsUnknown;

  /** The components that must be there, one bit each. */
  private final int needed;

  /** Whether a text without any component is a value. */
  private final boolean mayBeEmpty;

  /** The bits of the shapes of names nearly a component's; 0 if these are not looked for. */
  private final long nearShapes;

  private JsonRecordReader(JsonShape shape, JsonRules rules) {
    int size = shape.access().size();
    // Numbers in stored text are the library's own affair.
    times = rules.isStored() ? JsonTimes.ISO : rules.times();
    skipsUnknown = !rules.isStored();
    neverNull = new boolean[size];
    int mask = 0;
    long shapes = 0;
    boolean allNullable = true;
    names = new byte[size][];
    kinds = shape.kinds().toArray(Kind[]::new);
    primitive = new boolean[size];
    for (int i = 0; i < size; i++) {
      names[i] = shape.access().names().get(i).getBytes(StandardCharsets.US_ASCII);
      primitive[i] = shape.isPrimitive(i);
      if (rules.isStrict()) {
        Nullness nullness = shape.nullness(i);
        neverNull[i] = nullness == Nullness.NEVER_NULL;
        mask |= neverNull[i] ? 1 << i : 0;
        shapes |= 1L << NearNames.shape(names[i], 0, names[i].length);
        allNullable &= nullness == Nullness.NULLABLE;
      }
    }
    needed = mask;
    nearShapes = shapes;
    mayBeEmpty = allNullable;
    maker = Moulds.cast(LinkedRecordMaker.class, constructor(shape.access()));
  }

  /** {@return a reader, or null if the type is not plain} */
  static @Nullable JsonRecordReader of(Type type, JsonRules rules) {
    JsonShape shape = JsonShape.of(type);
    return shape == null ? null : new JsonRecordReader(shape, rules);
  }

  /** {@return (long[], Object[]) to Object} */
  private static MethodHandle constructor(RecordAccess access) {
    MethodHandle made = access.constructor();
    int size = access.size();
    int[] sources = new int[size];
    for (int i = 0; i < size; i++) {
      Class<?> type = access.classes().get(i);
      MethodHandle element;
      if (type.isPrimitive()) {
        element = component(type, long[].class, i);
      } else {
        element = component(Object.class, Object[].class, i);
        sources[i] = 1;
      }
      made =
          MethodHandles.filterArguments(
              made, i, element.asType(element.type().changeReturnType(type)));
    }
    made = made.asType(made.type().changeReturnType(Object.class));
    return MethodHandles.permuteArguments(
        made, MethodType.methodType(Object.class, long[].class, Object[].class), sources);
  }

  /** {@return (array) to the element {@code index} as a component} */
  private static MethodHandle component(Class<?> type, Class<?> array, int index) {
    MethodHandle element =
        MethodHandles.insertArguments(MethodHandles.arrayElementGetter(array), 1, index);
    if (type == double.class) {
      return MethodHandles.filterReturnValue(element, handle("toDouble", double.class));
    } else if (type == boolean.class) {
      return MethodHandles.filterReturnValue(element, handle("toBoolean", boolean.class));
    } else if (type == int.class) {
      return MethodHandles.filterReturnValue(element, handle("toInt", int.class));
    }
    return element;
  }

  private static MethodHandle handle(String name, Class<?> type) {
    try {
      return MethodHandles.lookup()
          .findStatic(JsonRecordReader.class, name, MethodType.methodType(type, long.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  static double toDouble(long bits) {
    return Double.longBitsToDouble(bits);
  }

  static boolean toBoolean(long number) {
    return number != 0;
  }

  static int toInt(long number) {
    return (int) number;
  }

  @Nullable Object read(byte[] bytes, int offset, int length) {
    JsonScanner in = new JsonScanner(bytes, offset, offset + length);
    long[] numbers = new long[names.length];
    @Nullable Object[] objects = new Object[names.length];
    if (!in.enter('{')) {
      return null;
    }
    int seen = 0;
    if (!in.enter('}')) {
      int guess = 0;
      do {
        int index = name(in, guess);
        if (index == JsonScanner.UNUSUAL || !in.enter(':')) {
          return null;
        }
        if (index == JsonScanner.UNKNOWN) {
          if (!skipsUnknown || !in.skipValue()) {
            return null;
          }
          continue;
        }
        // Which of two properties of one name counts is the library's business.
        if ((seen & 1 << index) != 0 || !value(in, index, numbers, objects)) {
          return null;
        }
        seen |= 1 << index;
        guess = index + 1;
      } while (in.enter(','));
      if (!in.enter('}')) {
        return null;
      }
    }
    if (!in.isAtEnd() || (seen & needed) != needed || seen == 0 && !mayBeEmpty) {
      return null;
    }
    try {
      return maker.make(numbers, objects);
    } catch (RuntimeException e) {
      return null; // the library calls the constructor again and reports where it failed
    }
  }

  /** Reads a property's name; most texts have the components in their order. */
  private int name(JsonScanner in, int guess) {
    if (!in.enter('"')) {
      return JsonScanner.UNUSUAL;
    }
    if (guess < names.length && in.take(names[guess])) {
      return guess;
    }
    int start = in.position();
    int end = in.endOfPlainText();
    if (end < 0) {
      return JsonScanner.UNUSUAL;
    }
    for (int i = 0; i < names.length; i++) {
      byte[] name = names[i];
      if (Arrays.equals(in.bytes(), start, end, name, 0, name.length)) {
        return i;
      }
    }
    boolean mayBeNear =
        nearShapes != 0
            && start < end
            && (nearShapes >>> NearNames.shape(in.bytes(), start, end) & 1) != 0;
    return mayBeNear && isNearAny(in.bytes(), start, end)
        ? JsonScanner.UNUSUAL
        : JsonScanner.UNKNOWN;
  }

  /** {@return whether a name may be meant for a component; the library's path decides} */
  private boolean isNearAny(byte[] bytes, int start, int end) {
    for (byte[] name : names) {
      if (NearNames.areNear(bytes, start, end, name)) {
        return true;
      }
    }
    return false;
  }

  /** Reads a component's value; returns false if it is not plain. */
  private boolean value(JsonScanner in, int index, long[] numbers, @Nullable Object[] objects) {
    if (!primitive[index] && in.enterNull()) {
      return !neverNull[index];
    }
    Kind kind = kinds[index];
    if (kind == Kind.STRING) {
      objects[index] = in.text();
      return objects[index] != null;
    } else if (kind == Kind.INSTANT) {
      objects[index] = in.instant(times);
      return objects[index] != null;
    }
    if (!number(in, kind)) {
      return false;
    }
    if (primitive[index]) {
      numbers[index] = in.number();
    } else {
      objects[index] = boxed(kind, in.number());
    }
    return true;
  }

  private static boolean number(JsonScanner in, Kind kind) {
    return switch (kind) {
      case LONG -> in.whole();
      case INT -> in.whole() && in.number() == (int) in.number();
      case DOUBLE -> in.decimal();
      case BOOLEAN -> in.truth();
      case STRING, INSTANT -> false;
    };
  }

  private static Object boxed(Kind kind, long number) {
    return switch (kind) {
      case INT -> toInt(number);
      case DOUBLE -> toDouble(number);
      case BOOLEAN -> toBoolean(number);
      case LONG, STRING, INSTANT -> number;
    };
  }
}
