package dev.millrace.internal.meta;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/**
 * Records as JSON objects, with a property for each component, in the way that Jackson's mapper has
 * them.
 *
 * <p>The mapper itself takes longer to set up than all else that a start reads and writes, and a
 * start waits for it. What a job keeps about itself needs little of it: components are records,
 * enums, texts, numbers, truth values, and lists, sets and maps of these. A map that is {@link
 * Inlined} has its entries among the properties of its record.
 *
 * <p>A property that is missing is null, or zero: it is of a component that was added later. One
 * that is unknown is passed over.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link StreamReadException} for what is no JSON, or not that of the record.
 */
public final class RecordJson {

  private static final JsonFactory FACTORY = new JsonFactory();

  /** What reflection finds out about records; it takes longer than the JSON itself. */
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return new Shape(type);
        }
      };

  private RecordJson() {}

  /** The components of a record. */
  private static final class Shape {
    final List<RecordComponent> components;
    final List<Boolean> inlined = new ArrayList<>();
    final Class<?>[] types;
    final Map<String, Integer> places = new HashMap<>();

    Shape(Class<?> type) {
      components = List.of(type.getRecordComponents());
      types = new Class<?>[components.size()];
      for (int i = 0; i < types.length; i++) {
        RecordComponent component = components.get(i);
        types[i] = component.getType();
        boolean isInlined = component.isAnnotationPresent(Inlined.class);
        inlined.add(isInlined);
        if (!isInlined) {
          places.put(component.getName(), i);
        }
      }
    }
  }

  /** {@return the record as JSON} */
  public static byte[] write(Record value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator generator =
        FACTORY.createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
      write(generator, value);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator to, @Nullable Object value) {
    if (value == null) {
      to.writeNull();
    } else if (value instanceof Record fields) {
      to.writeStartObject();
      Shape shape = SHAPES.get(fields.getClass());
      for (int i = 0; i < shape.types.length; i++) {
        RecordComponent component = shape.components.get(i);
        Object part = read(component, fields);
        if (shape.inlined.get(i) && part instanceof Map<?, ?> numbers) {
          writeEntries(to, numbers);
        } else {
          to.writeName(component.getName());
          write(to, part);
        }
      }
      to.writeEndObject();
    } else if (value instanceof Map<?, ?> map) {
      to.writeStartObject();
      writeEntries(to, map);
      to.writeEndObject();
    } else if (value instanceof Collection<?> all) {
      to.writeStartArray();
      all.forEach(each -> write(to, each));
      to.writeEndArray();
    } else if (value instanceof Boolean truth) {
      to.writeBoolean(truth);
    } else if (value instanceof Long || value instanceof Integer) {
      to.writeNumber(((Number) value).longValue());
    } else if (value instanceof Enum<?> constant) {
      to.writeString(constant.name());
    } else if (value instanceof String text) {
      to.writeString(text);
    } else {
      throw new IllegalArgumentException("No JSON is known for " + value.getClass());
    }
  }

  private static void writeEntries(JsonGenerator to, Map<?, ?> map) {
    map.forEach(
        (key, each) -> {
          to.writeName(String.valueOf(key));
          write(to, each);
        });
  }

  private static @Nullable Object read(RecordComponent component, Record of) {
    try {
      return component.getAccessor().invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("A component cannot be read: " + component, e);
    }
  }

  /** {@return the record of JSON} */
  public static <T extends Record> T read(byte[] json, Class<T> type) {
    try (JsonParser parser =
        FACTORY.createParser(ObjectReadContext.empty(), json, 0, json.length)) {
      JsonToken ignored = parser.nextToken();
      T read = readRecord(parser, type);
      if (parser.nextToken() != null) {
        throw new StreamReadException(parser, "There is more than one value");
      }
      return read;
    }
  }

  private static @Nullable Object read(JsonParser from, Type type) {
    if (from.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (type instanceof ParameterizedType generic) {
      Class<?> raw = (Class<?>) generic.getRawType();
      Type[] arguments = generic.getActualTypeArguments();
      if (Map.class.isAssignableFrom(raw)) {
        return readMap(from, raw, (Class<?>) arguments[0], arguments[1]);
      }
      Collection<Object> all =
          Set.class.isAssignableFrom(raw) ? new LinkedHashSet<>() : new ArrayList<>();
      return readAll(from, all, arguments[0]);
    }
    return readOne(from, (Class<?>) type);
  }

  private static Object readOne(JsonParser from, Class<?> type) {
    if (type.isRecord()) {
      return readRecord(from, type.asSubclass(Record.class));
    } else if (type == int.class || type == Integer.class) {
      return from.getIntValue();
    } else if (type == long.class || type == Long.class) {
      return from.getLongValue();
    } else if (type == boolean.class || type == Boolean.class) {
      return from.getBooleanValue();
    }
    expect(from, JsonToken.VALUE_STRING);
    return ofText(from, from.getString(), type);
  }

  /** A value or a key that is a text in JSON. */
  private static Object ofText(JsonParser from, String text, Class<?> type) {
    if (type == String.class) {
      return text;
    }
    try {
      if (type == Integer.class) {
        return Integer.valueOf(text);
      }
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> ((Enum<?>) constant).name().equals(text))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("there is no such constant"));
    } catch (IllegalArgumentException e) {
      throw new StreamReadException(from, "'" + text + "' is no " + type.getSimpleName(), e);
    }
  }

  private static Map<Object, Object> readMap(
      JsonParser from, Class<?> kind, Class<?> keys, Type values) {
    expect(from, JsonToken.START_OBJECT);
    Map<Object, Object> map = kind == Map.class ? new LinkedHashMap<>() : new TreeMap<>();
    for (String name = from.nextName(); name != null; name = from.nextName()) {
      JsonToken ignored = from.nextToken();
      map.put(ofText(from, name, keys), read(from, values));
    }
    expect(from, JsonToken.END_OBJECT);
    return map;
  }

  private static Collection<Object> readAll(
      JsonParser from, Collection<Object> all, Type elements) {
    expect(from, JsonToken.START_ARRAY);
    while (from.nextToken() != JsonToken.END_ARRAY) {
      all.add(read(from, elements));
    }
    return all;
  }

  private static <T extends Record> T readRecord(JsonParser from, Class<T> type) {
    expect(from, JsonToken.START_OBJECT);
    Shape shape = SHAPES.get(type);
    Class<?>[] types = shape.types;
    @Nullable Object[] values = new @Nullable Object[types.length];
    Map<String, Long> inlined = new LinkedHashMap<>();
    boolean inlines = false;
    for (int i = 0; i < types.length; i++) {
      if (shape.inlined.get(i)) {
        values[i] = inlined;
        inlines = true;
      } else {
        values[i] = ifMissing(types[i]);
      }
    }
    for (String name = from.nextName(); name != null; name = from.nextName()) {
      JsonToken token = from.nextToken();
      Integer place = shape.places.get(name);
      if (place == null && inlines && token == JsonToken.VALUE_NUMBER_INT) {
        inlined.put(name, from.getLongValue());
      } else if (place == null) {
        JsonParser ignored = from.skipChildren();
      } else if (token != JsonToken.VALUE_NULL || !types[place].isPrimitive()) {
        values[place] = read(from, shape.components.get(place).getGenericType());
      }
    }
    expect(from, JsonToken.END_OBJECT);
    return make(from, type, types, values);
  }

  private static @Nullable Object ifMissing(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    if (type == int.class) {
      return 0;
    }
    return type == long.class ? (Object) 0L : null;
  }

  private static <T> T make(
      JsonParser from, Class<T> type, Class<?>[] types, @Nullable Object[] values) {
    try {
      Constructor<T> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new StreamReadException(
          from, "A " + type.getSimpleName() + " refuses its values", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("A record cannot be made: " + type, e);
    }
  }

  private static void expect(JsonParser from, JsonToken token) {
    if (from.currentToken() != token) {
      throw new StreamReadException(
          from, "There is " + from.currentToken() + " where " + token + " is expected");
    }
  }
}
