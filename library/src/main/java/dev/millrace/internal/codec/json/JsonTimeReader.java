package dev.millrace.internal.codec.json;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.millrace.serde.JsonTimes;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.std.DelegatingDeserializer;
import tools.jackson.databind.util.TokenBuffer;

/**
 * The reader of times: numbers by the unit that the source has, everything else as the JSON library
 * does, but nothing that it would have to guess or to leave out.
 *
 * <p>A format that an annotation gives to a component takes precedence.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class JsonTimeReader extends DelegatingDeserializer {

  private static final Map<Class<?>, Function<Instant, Object>> POINTS =
      Map.of(
          Instant.class, at -> at,
          OffsetDateTime.class, at -> at.atOffset(ZoneOffset.UTC),
          ZonedDateTime.class, at -> at.atZone(ZoneOffset.UTC),
          Date.class, Date::from);

  private static final BigDecimal FIRST_DAY =
      BigDecimal.valueOf(LocalDate.of(0, 1, 1).toEpochDay());
  private static final BigDecimal LAST_DAY =
      BigDecimal.valueOf(LocalDate.of(9999, 12, 31).toEpochDay());

  private final Class<?> type;
  private final JsonTimes unit;

  private JsonTimeReader(ValueDeserializer<?> library, Class<?> type, JsonTimes unit) {
    super(library);
    this.type = type;
    this.unit = unit;
  }

  /** {@return what puts readers of times in the place of the library's} */
  static ValueDeserializerModifier modifier(JsonTimes unit) {
    return new Modifier(unit);
  }

  @Override
  protected ValueDeserializer<?> newDelegatingInstance(ValueDeserializer<?> delegate) {
    return new JsonTimeReader(delegate, type, unit);
  }

  @Override
  public ValueDeserializer<?> createContextual(
      DeserializationContext context, @Nullable BeanProperty property) {
    ValueDeserializer<?> contextual = super.createContextual(context, property);
    JsonFormat.Value format = findFormatOverrides(context, property, type);
    boolean saysItself =
        format != null
            && (format.hasPattern()
                || format.getFeature(JsonFormat.Feature.READ_DATE_TIMESTAMPS_AS_NANOSECONDS)
                    != null);
    return saysItself && contextual instanceof JsonTimeReader reader
        ? reader.getDelegatee()
        : contextual;
  }

  @Override
  public Object deserialize(JsonParser in, DeserializationContext context) {
    JsonToken token = in.currentToken();
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      return ofNumber(in, context, in.getDecimalValue(), in.getString());
    }
    if (token == JsonToken.VALUE_STRING) {
      String text = in.getString().trim();
      if (text.isEmpty()) {
        throw refused(in, "is empty text, not " + expected(type));
      }
      if (isNumber(text) && isCounted(type)) {
        return ofNumber(in, context, new BigDecimal(text), "\"" + text + "\"");
      }
      checkNothingIsLost(in, text);
    }
    return ofLibrary(in, context);
  }

  private Object ofLibrary(JsonParser in, DeserializationContext context) {
    boolean isText = in.hasToken(JsonToken.VALUE_STRING);
    String shown = isText ? JsonErrors.quoted(in.getString()) : "no text";
    Object value;
    try {
      value = super.deserialize(in, context);
    } catch (DateTimeException | ArithmeticException | JacksonException e) {
      throw refused(in, "is " + shown + ", not " + expected(type));
    }
    if (value == null) {
      throw refused(in, "is empty, not " + expected(type));
    }
    return value;
  }

  private Object ofNumber(
      JsonParser in, DeserializationContext context, BigDecimal number, String shown) {
    Object value = null;
    Function<Instant, Object> point = POINTS.get(type);
    if (point != null) {
      Instant at = EpochTimes.instant(number, unit);
      value = at == null ? null : point.apply(at);
    } else if (Date.class.isAssignableFrom(type) || Calendar.class.isAssignableFrom(type)) {
      Instant at = EpochTimes.instant(number, unit);
      value = at == null ? null : ofMillis(in, context, at.toEpochMilli());
    } else if (type == Duration.class) {
      value = EpochTimes.duration(number, unit);
    } else if (type == LocalDate.class) {
      value = unit == JsonTimes.ISO ? null : day(number);
    } else {
      return ofLibrary(in, context);
    }
    if (value == null) {
      throw outOfRange(in, number, JsonErrors.shortened(shown), type, unit);
    }
    return value;
  }

  private static @Nullable LocalDate day(BigDecimal number) {
    boolean isDay =
        number.compareTo(FIRST_DAY) >= 0
            && number.compareTo(LAST_DAY) <= 0
            && number.scale() - number.precision() < 20
            && number.stripTrailingZeros().scale() <= 0;
    return isDay ? LocalDate.ofEpochDay(number.longValueExact()) : null;
  }

  /** Other kinds of dates are made by the library, of milliseconds. */
  private Object ofMillis(JsonParser in, DeserializationContext context, long millis) {
    try (TokenBuffer buffer = context.bufferForInputBuffering(in)) {
      buffer.writeNumber(millis);
      try (JsonParser ofBuffer = buffer.asParserOnFirstToken(context)) {
        return super.deserialize(ofBuffer, context);
      }
    }
  }

  /** The library would drop the rest of such text without an error. */
  private void checkNothingIsLost(JsonParser in, String text) {
    boolean hasDateAndTime = text.length() > 10 && text.charAt(10) == 'T';
    if (hasDateAndTime && (type == LocalDate.class || type == LocalTime.class)) {
      throw refused(in, "is " + JsonErrors.quoted(text) + ", which is more than " + expected(type));
    }
    if (hasDateAndTime && type == LocalDateTime.class && text.endsWith("Z")) {
      throw refused(in, "is " + JsonErrors.quoted(text) + ", which has a zone");
    }
  }

  private JsonRefusal refused(JsonParser in, String predicate) {
    return JsonRefusal.of(
        in,
        predicate,
        type,
        "Correct the value, declare another type, or null or @Nullable if there is no time");
  }

  private static JsonRefusal outOfRange(
      JsonParser in, BigDecimal number, String shown, Class<?> type, JsonTimes unit) {
    if (type == LocalDate.class) {
      return JsonRefusal.of(
          in,
          "is " + shown + ", not " + expected(type),
          type,
          "Declare an Instant for numbers of seconds or milliseconds, or write the date as text");
    }
    if (unit == JsonTimes.ISO) {
      return JsonRefusal.of(
          in,
          "is the number " + shown + ", and the source's times are text",
          type,
          "Name the unit of the source's numbers with times(..) on the source");
    }
    JsonTimes likely = EpochTimes.likelyUnit(number);
    return JsonRefusal.of(
        in,
        "is "
            + shown
            + ", which in "
            + unit
            + (type == Duration.class ? " is too long" : " is out of the years 0 to 9999"),
        type,
        likely == null
            ? "Name the unit of the source's numbers with times(..) on the source"
            : "If the source's numbers are in "
                + likely
                + ", call times(JsonTimes."
                + likely
                + ") on the source");
  }

  /** {@return whether text is a plain decimal number} */
  static boolean isNumber(String text) {
    int digits = 0;
    int points = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        digits++;
      } else if (c == '.' && digits > 0 && i < text.length() - 1) {
        points++;
      } else if (i > 0 || c != '-' && c != '+') {
        return false;
      }
    }
    return digits > 0 && points <= 1 && text.length() < 100;
  }

  private static boolean isCounted(Class<?> type) {
    return type == Duration.class
        || type == LocalDate.class
        || POINTS.containsKey(type)
        || Date.class.isAssignableFrom(type)
        || Calendar.class.isAssignableFrom(type);
  }

  private static String expected(Class<?> type) {
    if (type == Duration.class) {
      return "a duration such as PT1M30S";
    } else if (type == LocalDate.class) {
      return "a date such as 2026-01-31";
    } else if (type == LocalTime.class) {
      return "a time of day such as 12:00:00";
    } else if (type == LocalDateTime.class) {
      return "a time without a zone such as 2026-01-31T12:00:00";
    } else if (isCounted(type)) {
      return "a time such as 2026-01-31T12:00:00Z";
    }
    return "a " + type.getSimpleName();
  }

  private static final class Modifier extends ValueDeserializerModifier {

    private static final long serialVersionUID = 1L;

    private final JsonTimes unit;

    Modifier(JsonTimes unit) {
      this.unit = unit;
    }

    @Override
    public ValueDeserializer<?> modifyDeserializer(
        DeserializationConfig config,
        BeanDescription.Supplier description,
        ValueDeserializer<?> deserializer) {
      Class<?> type = description.getBeanClass();
      boolean isTime =
          type.getPackageName().equals("java.time")
              || Date.class.isAssignableFrom(type)
              || Calendar.class.isAssignableFrom(type);
      return isTime ? new JsonTimeReader(deserializer, type, unit) : deserializer;
    }

    @Override
    public KeyDeserializer modifyKeyDeserializer(
        DeserializationConfig config, JavaType type, KeyDeserializer deserializer) {
      return POINTS.containsKey(type.getRawClass())
          ? new OfKey(deserializer, type.getRawClass(), unit)
          : deserializer;
    }
  }

  /** Times as names of properties, which are keys of a map here. */
  private static final class OfKey extends KeyDeserializer {

    private final KeyDeserializer library;
    private final Class<?> type;
    private final JsonTimes unit;

    OfKey(KeyDeserializer library, Class<?> type, JsonTimes unit) {
      this.library = library;
      this.type = type;
      this.unit = unit;
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context) {
      JsonParser in = context.getParser();
      if (!isNumber(key)) {
        Object value = library.deserializeKey(key, context);
        if (value == null) {
          throw JsonRefusal.of(
              in, "has an empty key, not " + expected(type), type, "Correct the key");
        }
        return value;
      }
      BigDecimal number = new BigDecimal(key);
      Instant at = EpochTimes.instant(number, unit);
      Function<Instant, Object> point = POINTS.get(type);
      if (at == null || point == null) {
        throw outOfRange(in, number, "\"" + key + "\"", type, unit);
      }
      return point.apply(at);
    }
  }
}
