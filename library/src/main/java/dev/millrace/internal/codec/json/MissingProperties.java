package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.object.Nullness;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.BeanDeserializerBuilder;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.bean.BeanDeserializer;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.std.DelegatingDeserializer;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.util.NameTransformer;

/**
 * The checks of {@link MissingParts} for objects that are filled by setters and fields. A property
 * that is missing keeps the value that a new object has, so only two cases are refused: none of the
 * properties is there, or one that is missing is there under a name that is nearly its own.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class MissingProperties extends ValueDeserializerModifier {

  private static final long serialVersionUID = 1L;

  /** The attribute that holds the {@link Seen} of the object that is read. */
  private static final Object SEEN = new Object();

  @Override
  public BeanDeserializerBuilder updateBuilder(
      DeserializationConfig config,
      BeanDescription.Supplier description,
      BeanDeserializerBuilder builder) {
    if (isChecked(config, description.get(), builder.getValueInstantiator())) {
      List<SettableBeanProperty> properties = new ArrayList<>();
      builder.getProperties().forEachRemaining(properties::add);
      for (int i = 0; i < properties.size(); i++) {
        builder.addOrReplaceProperty(
            new Noting(properties.get(i), description.getBeanClass(), i), true);
      }
    }
    return builder;
  }

  @Override
  public ValueDeserializer<?> modifyDeserializer(
      DeserializationConfig config,
      BeanDescription.Supplier description,
      ValueDeserializer<?> deserializer) {
    return deserializer instanceof BeanDeserializer bean
            && bean.properties().hasNext()
            && isChecked(config, description.get(), bean.getValueInstantiator())
        ? new Checking(bean, description.getBeanClass(), names(bean))
        : deserializer;
  }

  /** {@return whether all that is in a text of the class is in its properties} */
  private static boolean isChecked(
      DeserializationConfig config, BeanDescription description, ValueInstantiator instantiator) {
    return instantiator.canCreateUsingDefault()
        && !instantiator.canCreateFromObjectWith()
        && !instantiator.canCreateUsingDelegate()
        && description.findAnySetterAccessor() == null
        && description.getObjectIdInfo() == null
        && description.findProperties().stream()
            .map(BeanPropertyDefinition::getPrimaryMember)
            .noneMatch(member -> isUnwrapped(config, member));
  }

  /** {@return the names of the properties by their places} */
  private static List<String> names(BeanDeserializer bean) {
    Map<Integer, String> names = new TreeMap<>();
    bean.properties().forEachRemaining(each -> names.put(((Noting) each).place, each.getName()));
    return List.copyOf(names.values());
  }

  private static boolean isUnwrapped(
      DeserializationConfig config, @Nullable AnnotatedMember member) {
    return member != null
        && config.getAnnotationIntrospector().findUnwrappingNameTransformer(config, member) != null;
  }

  /** The properties of an object that were met so far. */
  private static final class Seen {

    final Checking reader;
    final boolean[] present;
    final List<String> misnamed = new ArrayList<>(0);
    int count;

    Seen(Checking reader) {
      this.reader = reader;
      this.present = new boolean[reader.names.size()];
    }
  }

  /** A property that notes that it was met. */
  private static final class Noting extends SettableBeanProperty.Delegating {

    private static final long serialVersionUID = 1L;

    private final Class<?> owner;
    private final int place;

    Noting(SettableBeanProperty property, Class<?> owner, int place) {
      super(property);
      this.owner = owner;
      this.place = place;
    }

    @Override
    protected SettableBeanProperty withDelegate(SettableBeanProperty other) {
      return new Noting(other, owner, place);
    }

    private void note(DeserializationContext context) {
      if (context.getAttribute(SEEN) instanceof Seen seen && seen.reader.type == owner) {
        seen.present[place] = true;
        seen.count++;
      }
    }

    @Override
    public void deserializeAndSet(JsonParser in, DeserializationContext context, Object value) {
      note(context);
      super.deserializeAndSet(in, context, value);
    }

    @Override
    public Object deserializeSetAndReturn(
        JsonParser in, DeserializationContext context, Object value) {
      note(context);
      return super.deserializeSetAndReturn(in, context, value);
    }
  }

  /** Notes a property that the object's class does not have. */
  static void noteUnknown(
      DeserializationContext context, ValueDeserializer<?> deserializer, String name) {
    if (context.getAttribute(SEEN) instanceof Seen seen
        && seen.reader.getDelegatee() == deserializer
        && seen.reader.names.stream().anyMatch(each -> NearNames.areNear(name, each))) {
      seen.misnamed.add(name);
    }
  }

  /** The reader of a class with the checks at the end of each object. */
  private static final class Checking extends DelegatingDeserializer {

    private final Class<?> type;
    private final List<String> names;

    Checking(ValueDeserializer<?> bean, Class<?> type, List<String> names) {
      super(bean);
      this.type = type;
      this.names = names;
    }

    @Override
    protected ValueDeserializer<?> newDelegatingInstance(ValueDeserializer<?> other) {
      return new Checking(other, type, names);
    }

    @Override
    public ValueDeserializer<Object> unwrappingDeserializer(
        DeserializationContext context, NameTransformer names) {
      @SuppressWarnings("unchecked") // as the library does
      ValueDeserializer<Object> bean = (ValueDeserializer<Object>) getDelegatee();
      return bean.unwrappingDeserializer(context, names); // its properties are in another object
    }

    @Override
    public Object deserialize(JsonParser in, DeserializationContext context) {
      JsonToken first = in.currentToken();
      boolean isObject =
          first == JsonToken.START_OBJECT
              || first == JsonToken.PROPERTY_NAME
              || first == JsonToken.END_OBJECT;
      if (!isObject) {
        return super.deserialize(in, context);
      }
      Object outer = context.getAttribute(SEEN);
      Seen seen = new Seen(this);
      context.setAttribute(SEEN, seen);
      Object value = super.deserialize(in, context);
      context.setAttribute(SEEN, outer);
      check(seen, in);
      return value;
    }

    private void check(Seen seen, JsonParser at) {
      if (seen.count == 0 && !mayBeEmpty()) {
        throw JsonRefusal.missing(
            at, "has none of the fields " + JsonErrors.list(names), type, names);
      }
      if (seen.misnamed.isEmpty()) {
        return;
      }
      for (int i = 0; i < seen.present.length; i++) {
        String name = names.get(i);
        if (!seen.present[i]
            && seen.misnamed.stream().anyMatch(each -> NearNames.areNear(each, name))) {
          throw JsonRefusal.missing(
              at, "lacks " + JsonErrors.list(List.of(name)), type, List.of(name));
        }
      }
    }

    /** {@return whether an object without any of the properties is a value} */
    private boolean mayBeEmpty() {
      if (getDelegatee() instanceof BeanDeserializerBase bean) {
        for (Iterator<SettableBeanProperty> all = bean.properties(); all.hasNext(); ) {
          SettableBeanProperty property = all.next();
          if (!MissingParts.isFilledOtherwise(property)
              && nullness(property) != Nullness.NULLABLE) {
            return false;
          }
        }
      }
      return true;
    }

    private static Nullness nullness(SettableBeanProperty property) {
      AnnotatedElement element = property.getMember().getAnnotated();
      AnnotatedType use = null;
      if (element instanceof Field field) {
        use = field.getAnnotatedType();
      } else if (element instanceof Method method && method.getParameterCount() == 1) {
        use = method.getParameters()[0].getAnnotatedType();
      }
      return use == null
          ? Nullness.UNSPECIFIED
          : Nullness.of(
              property.getMember().getDeclaringClass(),
              property.getType().getRawClass(),
              element,
              use);
    }
  }
}
