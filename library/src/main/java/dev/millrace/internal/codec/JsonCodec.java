package dev.millrace.internal.codec;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.internal.type.Types;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * JSON for external topics and for values without a binary codec. Everything that a version of the
 * JSON library might decide differently is pinned here: dates are ISO-8601 text, unknown properties
 * are ignored, enums go by name, a missing property is null or zero, an explicit null for a
 * primitive is an error, and no type names are read from or written to the text.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class JsonCodec {

  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new SimpleModule("missing").setDeserializerModifier(new MissingIsZero()))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(SerializationFeature.INDENT_OUTPUT)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
          .disable(DateTimeFeature.TRUNCATE_TO_MSECS_ON_READ)
          .disable(DateTimeFeature.TRUNCATE_TO_MSECS_ON_WRITE)
          .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING)
          .disable(EnumFeature.READ_ENUMS_USING_TO_STRING)
          .disable(EnumFeature.WRITE_ENUMS_USING_INDEX)
          .enable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(MapperFeature.INFER_RECORD_GETTERS_FROM_COMPONENTS_ONLY)
          .enable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
          .disable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
          .enable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .changeDefaultPropertyInclusion(
              inclusion -> inclusion.withValueInclusion(JsonInclude.Include.ALWAYS))
          .build();

  /** The library would take these and give something else back than was put in. */
  private static final Set<Class<?>> VAGUE =
      Set.of(Object.class, Number.class, Serializable.class, Comparable.class, CharSequence.class);

  private JsonCodec() {}

  /** {@return a decoder of JSON text to values of a type} */
  public static <T> JsonDecoder<T> decoder(Type type) {
    return new JsonDecoder<>(Types.box(Types.canonical(type)));
  }

  /** {@return an encoder of values of a type to JSON text} */
  public static <T> JsonEncoder<T> encoder(Type type) {
    Type canonical = Types.box(Types.canonical(type));
    return new JsonEncoder<>(canonical, MAPPER.writerFor(MAPPER.constructType(canonical)));
  }

  /**
   * {@return an encoder for values that only we read: it keeps the names of time zones, which few
   * others understand}
   */
  static <T> JsonEncoder<T> internalEncoder(Type type) {
    Type canonical = Types.box(Types.canonical(type));
    return new JsonEncoder<>(
        canonical,
        MAPPER
            .writerFor(MAPPER.constructType(canonical))
            .with(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID));
  }

  /** {@return why values of a type would not come back from JSON as they were, or null} */
  static @Nullable String reasonAgainst(Type type, Class<?> raw) {
    if (VAGUE.contains(raw)) {
      return raw.getSimpleName() + " does not say what is in it";
    }
    try {
      MAPPER
          .readerFor(MAPPER.constructType(type))
          .readValue("{}".getBytes(StandardCharsets.US_ASCII));
    } catch (InvalidDefinitionException e) {
      return "JSON has no way to make a " + Types.name(type) + " (" + firstLine(e) + ")";
    } catch (JacksonException e) {
      return null; // the type is known, only {} is no value of it
    }
    return null;
  }

  /** {@return the library's reason without its excerpts and its Java path} */
  static String firstLine(JacksonException e) {
    String message = String.valueOf(e.getOriginalMessage());
    int line = message.indexOf('\n');
    int advice = message.indexOf(" (set `"); // how to configure the library; nobody can here
    int end = advice < 0 ? line : line < 0 ? advice : Math.min(line, advice);
    return end < 0 ? message : message.substring(0, end);
  }
}
