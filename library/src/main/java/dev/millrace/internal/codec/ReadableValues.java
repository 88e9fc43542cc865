package dev.millrace.internal.codec;

import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The reader of values by their schema alone, without the classes they were written from: records
 * and maps become maps, collections lists, the rest numbers, booleans and texts; what a serde of
 * the program's wrote stays bytes. For people to look at.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class ReadableValues {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Schema schema;
  private final Map<Integer, Decoder> definitions = new HashMap<>();
  private final Decoder root;

  /**
   * Creates the reader of values of a schema.
   *
   * @throws MalformedBytesException if this is no description of a schema
   */
  public ReadableValues(byte[] description) {
    schema = Schema.parse(description);
    root = decoder(schema.root());
  }

  /**
   * {@return the value in a slice, without a head}
   *
   * @throws MalformedBytesException if it is not of this schema
   */
  public @Nullable Object read(byte[] bytes, int offset, int length) {
    if (schema.root() instanceof Schema.Json) {
      return json(bytes, offset, length);
    }
    ByteReader in = new ByteReader(bytes, offset, length);
    try {
      Object value = root.read(in);
      if (in.remaining() == 0) {
        return value;
      }
    } catch (DateTimeException | ArithmeticException | StackOverflowError e) {
      throw new MalformedBytesException("Cannot read a value of " + schema + ": " + e);
    }
    throw new MalformedBytesException(
        "Cannot read a value of " + schema + ": " + in.remaining() + " bytes are left over");
  }

  private static Object json(byte[] bytes, int offset, int length) {
    try {
      return JSON.readValue(bytes, offset, length, Object.class);
    } catch (JacksonException e) {
      throw new MalformedBytesException("Cannot read a JSON value: " + e.getOriginalMessage());
    }
  }

  private Decoder decoder(Schema.Node node) {
    if (node instanceof Schema.Scalar scalar) {
      return scalar(scalar.kind());
    } else if (node instanceof Schema.Enumeration enumeration) {
      return (PrefixedDecoder) (prefix, in) -> named(enumeration.constants(), prefix);
    } else if (node instanceof Schema.Sequence sequence) {
      Decoder element = decoder(sequence.element());
      return (PrefixedDecoder)
          (prefix, in) -> {
            List<@Nullable Object> elements = new ArrayList<>();
            for (int left = count(prefix, in); left > 0; left--) {
              elements.add(part(element, prefix, in));
            }
            return elements;
          };
    } else if (node instanceof Schema.Mapping mapping) {
      Decoder key = decoder(mapping.key());
      Decoder value = decoder(mapping.value());
      return (PrefixedDecoder)
          (prefix, in) -> {
            Map<String, @Nullable Object> entries = new LinkedHashMap<>();
            for (int left = count(prefix, in); left > 0; left--) {
              entries.put(String.valueOf(part(key, prefix, in)), part(value, prefix, in));
            }
            return entries;
          };
    } else if (node instanceof Schema.Maybe maybe) {
      Decoder element = decoder(maybe.element());
      return (PrefixedDecoder)
          (prefix, in) -> Primitives.toBoolean(prefix) ? element.read(in) : "(none)";
    } else if (node instanceof Schema.Json) {
      return (PrefixedDecoder) (prefix, in) -> json(in.array(), in.skip(prefix), prefix);
    } else if (node instanceof Schema.BySerde) {
      return scalar(ScalarKind.BYTES);
    }
    return definition(((Schema.Reference) node).index());
  }

  private static Decoder scalar(ScalarKind kind) {
    return switch (kind) {
      case BYTES ->
          (PrefixedDecoder) (prefix, in) -> "0x" + HexFormat.of().formatHex(in.readBytes(prefix));
      case STRING -> // Half of a surrogate pair is nothing that can be shown.
          (PrefixedDecoder)
              (prefix, in) ->
                  new String(in.array(), in.skip(prefix), prefix, StandardCharsets.UTF_8);
      case BOOLEAN, BYTE, SHORT, INT, LONG, FLOAT, DOUBLE, BIG_INTEGER, BIG_DECIMAL ->
          kind.decoder();
      default -> new AsText(kind.decoder());
    };
  }

  private record AsText(Decoder decoder) implements Decoder {
    @Override
    public Object read(ByteReader in) {
      return decoder.read(in).toString();
    }

    @Override
    public @Nullable Object readSlot(ByteReader in) {
      Object value = decoder.readSlot(in);
      return value == null ? null : value.toString();
    }
  }

  private Decoder definition(int index) {
    Decoder known = definitions.get(index);
    if (known != null) {
      return known;
    }
    // Before its parts, which may refer to it.
    if (schema.definitions().get(index) instanceof Schema.RecordOf record) {
      OfRecord decoder = new OfRecord(record);
      definitions.put(index, decoder);
      record.components().forEach(component -> decoder.parts.add(decoder(component.node())));
      return decoder;
    }
    Schema.UnionOf union = (Schema.UnionOf) schema.definitions().get(index);
    OfUnion decoder = new OfUnion(union);
    definitions.put(index, decoder);
    union.cases().forEach(each -> decoder.parts.add(decoder(each.node())));
    return decoder;
  }

  private static final class OfRecord implements Decoder {
    private final Schema.RecordOf record;
    private final List<Decoder> parts = new ArrayList<>();

    OfRecord(Schema.RecordOf record) {
      this.record = record;
    }

    @Override
    public Object read(ByteReader in) {
      Map<String, @Nullable Object> components = new LinkedHashMap<>();
      if (parts.isEmpty()) {
        in.readByte();
      }
      for (int i = 0; i < parts.size(); i++) {
        Schema.Component component = record.components().get(i);
        Decoder part = parts.get(i);
        components.put(component.name(), component.nullable() ? part.readSlot(in) : part.read(in));
      }
      return components;
    }
  }

  private static final class OfUnion implements PrefixedDecoder {
    private final Schema.UnionOf union;
    private final List<Decoder> parts = new ArrayList<>();

    OfUnion(Schema.UnionOf union) {
      this.union = union;
    }

    @Override
    public Object read(int prefix, ByteReader in) {
      String name = named(union.cases().stream().map(Schema.Case::name).toList(), prefix);
      return Map.of(name, parts.get(prefix).read(in));
    }
  }

  private static String named(List<String> names, int index) {
    if (index < 0 || index >= names.size()) {
      throw new MalformedBytesException("Cannot read a value: none of " + names + " is " + index);
    }
    return names.get(index);
  }

  private static int count(int prefix, ByteReader in) {
    int count = prefix >>> 1;
    if (count > in.remaining()) {
      throw new MalformedBytesException(
          "Cannot read a collection: " + count + " elements do not fit into the bytes");
    }
    return count;
  }

  private static @Nullable Object part(Decoder element, int prefix, ByteReader in) {
    return (prefix & 1) == 1 ? element.readSlot(in) : element.read(in);
  }
}
