package dev.millrace.connector;

import dev.millrace.internal.util.ByteWriter;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Records as comma-separated values: quoted as in RFC 4180, each line ended by a line feed.
 *
 * <p>Null is nothing at all and the empty text is {@code ""}, so that they can be distinguished.
 * Components that are neither text nor numbers nor times are written as JSON. A writer takes
 * records of one class, or of several that have the same components.
 *
 * <p><b>Threads.</b> Confined to one writer.
 */
final class CsvLines implements LineFormat {

  /** The columns of a record class. */
  private record Columns(Class<?> type, String header, List<Method> accessors) {}

  private final SinkContext context;
  private final Map<Class<?>, Columns> known = new HashMap<>();
  private @Nullable Columns first;

  CsvLines(SinkContext context) {
    this.context = context;
  }

  @Override
  public byte[] header(Object value) {
    return LineFormat.utf8(columns(value).header());
  }

  @Override
  public void append(Object value, ByteWriter out) {
    List<Method> accessors = columns(value).accessors();
    for (int i = 0; i < accessors.size(); i++) {
      if (i > 0) {
        out.writeByte(',');
      }
      Object cell = read(accessors.get(i), value);
      String text = text(cell);
      if (text != null) {
        out.writeBytes(LineFormat.utf8(quoted(text)));
      }
    }
    out.writeByte('\n');
  }

  private @Nullable String text(@Nullable Object cell) {
    if (cell == null) {
      return null;
    }
    if (cell instanceof Optional<?> optional) {
      return text(optional.orElse(null));
    }
    if (cell instanceof OptionalLong optional) {
      return optional.isPresent() ? Long.toString(optional.getAsLong()) : null;
    }
    if (cell instanceof OptionalInt optional) {
      return optional.isPresent() ? Integer.toString(optional.getAsInt()) : null;
    }
    if (cell instanceof OptionalDouble optional) {
      return optional.isPresent() ? Double.toString(optional.getAsDouble()) : null;
    }
    if (cell instanceof Enum<?> constant) {
      return constant.name();
    }
    if (cell instanceof CharSequence
        || cell instanceof Number
        || cell instanceof Boolean
        || cell instanceof Character
        || cell instanceof Temporal
        || cell instanceof TemporalAmount
        || cell instanceof UUID) {
      return cell.toString();
    }
    return new String(context.toJson(cell), StandardCharsets.UTF_8);
  }

  /** {@return a cell's text, in quotes if it needs them} */
  static String quoted(String text) {
    boolean plain = !text.isEmpty();
    for (int i = 0; plain && i < text.length(); i++) {
      char c = text.charAt(i);
      plain = c != ',' && c != '"' && c != '\n' && c != '\r';
    }
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  /** All values of a file have the columns that its first line names. */
  private Columns columns(Object value) {
    Columns columns = known.computeIfAbsent(value.getClass(), CsvLines::columnsOf);
    Columns before = first;
    if (before == null) {
      first = columns;
    } else if (!columns.header().equals(before.header())) {
      throw new IllegalArgumentException(
          "a CSV file has the same columns in all of its lines, and "
              + columns.type().getName()
              + " has others than "
              + before.type().getName()
              + "; map both to one record, or write JSON lines");
    }
    return columns;
  }

  private static Columns columnsOf(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (components == null) {
      throw new IllegalArgumentException(
          "a CSV file takes records only, their components being its columns, not "
              + type.getName());
    }
    List<Method> accessors = Arrays.stream(components).map(RecordComponent::getAccessor).toList();
    try {
      for (Method accessor : accessors) {
        accessor.setAccessible(true);
      }
    } catch (InaccessibleObjectException e) {
      throw new IllegalArgumentException(
          "the module of "
              + type.getName()
              + " does not let Millrace in; add 'opens "
              + type.getPackageName()
              + ";' to its module-info",
          e);
    }
    StringJoiner header = new StringJoiner(",", "", "\n");
    for (RecordComponent component : components) {
      header.add(quoted(component.getName()));
    }
    return new Columns(type, header.toString(), accessors);
  }

  private static @Nullable Object read(Method accessor, Object value) {
    try {
      return accessor.invoke(value);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "the component '" + accessor.getName() + "' cannot be read: " + e.getCause(),
          e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("An accessor was made accessible and is not", e);
    }
  }
}
