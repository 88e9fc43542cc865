package dev.millrace.internal.codec.json;

import dev.millrace.internal.type.Types;
import java.lang.reflect.Array;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.std.DelegatingDeserializer;

/**
 * The rule that a property of a primitive type may be missing, but not null: the JSON library has
 * one switch for both.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class MissingIsZero extends ValueDeserializerModifier {

  private static final long serialVersionUID = 1L;

  @Override
  public ValueDeserializer<?> modifyDeserializer(
      DeserializationConfig config,
      BeanDescription.Supplier description,
      ValueDeserializer<?> deserializer) {
    return deserializer.handledType() != null && deserializer.handledType().isPrimitive()
        ? new Zero(deserializer)
        : deserializer;
  }

  private static final class Zero extends DelegatingDeserializer {

    Zero(ValueDeserializer<?> primitive) {
      super(primitive);
    }

    @Override
    protected ValueDeserializer<?> newDelegatingInstance(ValueDeserializer<?> delegate) {
      return new Zero(delegate);
    }

    @Override
    public Object getNullValue(DeserializationContext context) {
      throw JsonRefusal.of(
          context.getParser(),
          "is null",
          handledType(),
          "Declare the component as " + Types.name(Types.box(handledType())) + " if it may be");
    }

    @Override
    public Object getAbsentValue(DeserializationContext context) {
      return Array.get(Array.newInstance(handledType(), 1), 0);
    }
  }
}
