package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.object.Utf8;
import dev.millrace.internal.type.Types;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.jdk.JDKKeySerializers;
import tools.jackson.databind.ser.std.StdSerializer;

/**
 * The check of the keys of maps that are kept as JSON, where they are names of properties. A class
 * without annotations about it is written by its {@code toString}, and read by its constructor or
 * factory that takes a text: only the two of them know whether they fit, so each key is tried.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class StoredKeys extends ValueSerializerModifier {

  private static final long serialVersionUID = 1L;

  /**
   * The classes of Java's own that need it: of a locale with a script the text is another one's.
   */
  private static final Set<Class<?>> OF_JAVA = Set.of(Character.class, Locale.class);

  @Override
  public ValueSerializer<?> modifyKeySerializer(
      SerializationConfig config,
      JavaType type,
      BeanDescription.Supplier description,
      ValueSerializer<?> serializer) {
    Class<?> raw = type.getRawClass();
    if (serializer instanceof JDKKeySerializers.StringKeySerializer) {
      return new OfText();
    }
    boolean isByToString = serializer instanceof JDKKeySerializers.Default && !raw.isArray();
    return isByToString && (!Types.isOfJava(raw) || OF_JAVA.contains(raw))
        ? new ByToString(
            type,
            config
                .getTypeFactory()
                .constructMapType(HashMap.class, type, config.constructType(Integer.class)))
        : serializer;
  }

  private static void checkText(String text, JsonGenerator out) {
    if (Utf8.hasHalf(text)) {
      throw DatabindException.from(
          out,
          "the key of a map has half of a surrogate pair, which no name of a property can have;"
              + " clean the text up first");
    }
  }

  private static final class OfText extends StdSerializer<Object> {

    OfText() {
      super(String.class);
    }

    @Override
    public void serialize(Object key, JsonGenerator out, SerializationContext context) {
      String text = (String) key;
      checkText(text, out);
      out.writeName(text);
    }
  }

  private static final class ByToString extends StdSerializer<Object> {

    private final JavaType type;
    private final JavaType mapType;

    ByToString(JavaType type, JavaType mapType) {
      super(type);
      this.type = type;
      this.mapType = mapType;
    }

    @Override
    public void serialize(Object key, JsonGenerator out, SerializationContext context) {
      String text = key.toString();
      checkText(text, out);
      if (!key.equals(readBack(text))) {
        String name = Types.name(type.getRawClass());
        throw DatabindException.from(
            out,
            "a "
                + name
                + " as the key of a map is written by its toString ('"
                + text
                + "'), of which no equal one is made when it is read; let toString give what the"
                + " constructor takes, or annotate with @JsonValue what gives that");
      }
      out.writeName(text);
    }

    private Object readBack(String text) {
      try {
        Map<?, ?> read = JsonCodec.mapper(JsonRules.STORED).convertValue(Map.of(text, 0), mapType);
        return read.keySet().iterator().next();
      } catch (JacksonException e) {
        return e; // which is no key
      }
    }
  }
}
