package dev.millrace.internal.codec.json;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.DeserializationProblemHandler;
import tools.jackson.databind.deser.bean.BuilderBasedDeserializer;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.json.JsonMapper;

/**
 * The refusal of properties in stored text that their class does not have, because it lost them or
 * is the superclass of what was written: if they were skipped, they would be lost. What the class
 * itself writes and does not read, such as a sum with a getter only, is skipped.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class FormerProperties extends DeserializationProblemHandler {

  /** Properties that each class writes; an entry is made when one is met that cannot be read. */
  private final Map<Class<?>, Set<String>> written = new ConcurrentHashMap<>();

  @Override
  public boolean handleUnknownProperty(
      DeserializationContext context,
      JsonParser in,
      ValueDeserializer<?> deserializer,
      Object valueOrClass,
      String name) {
    if (deserializer instanceof BuilderBasedDeserializer) {
      return false; // what is written is not the builder's, so nothing is known of it
    }
    Class<?> type = deserializer.handledType();
    if (!written.computeIfAbsent(type, FormerProperties::written).contains(name)) {
      throw new Refusal(in, type, name);
    }
    return false; // the library skips it
  }

  private static Set<String> written(Class<?> type) {
    JsonMapper mapper = JsonCodec.mapper(JsonRules.STORED);
    return LostProperties.written(mapper, mapper.constructType(type)).findProperties().stream()
        .map(BeanPropertyDefinition::getName)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The refusal of one property, thrown inside the JSON library. */
  static final class Refusal extends MismatchedInputException {

    private static final long serialVersionUID = 1L;

    private final Class<?> type;
    private final String name;

    Refusal(JsonParser at, Class<?> type, String name) {
      super(at, "was written with a property '" + name + "'", type);
      this.type = type;
      this.name = name;
    }

    Class<?> type() {
      return type;
    }

    String name() {
      return name;
    }
  }
}
