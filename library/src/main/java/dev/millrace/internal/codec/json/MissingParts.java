package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.object.Nullness;
import java.lang.reflect.Executable;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.DeserializationProblemHandler;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.ValueInstantiators;
import tools.jackson.databind.deser.bean.PropertyValueBuffer;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.module.SimpleModule;

/**
 * The checks that refuse records, and other classes made by a constructor with arguments, that lack
 * what must not be null, of which nothing at all is there, or whose missing component is there
 * under a name that is nearly its own. For other classes there is {@link MissingProperties}.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class MissingParts extends ValueInstantiators.Base {

  /** The attribute that holds what a value lacks until its unknown properties were looked at. */
  private static final Object LACKING = new Object();

  /** The module that installs the checks in a reader. */
  static final class Module extends SimpleModule {

    private static final long serialVersionUID = 1L;

    Module() {
      super("missing-parts");
    }

    @Override
    public void setupModule(SetupContext context) {
      context.addValueInstantiators(new MissingParts());
      context.addDeserializerModifier(new MissingProperties());
      context.addHandler(new UnknownNames());
    }
  }

  private record Lacking(Object value, List<String> names) {}

  @Override
  public ValueInstantiator modifyValueInstantiator(
      DeserializationConfig config,
      BeanDescription.Supplier description,
      ValueInstantiator instantiator) {
    return instantiator.canCreateFromObjectWith()
        ? new Checking(instantiator, description.getBeanClass())
        : instantiator;
  }

  /** Annotations may define where a part comes from, or what it is instead of null. */
  static boolean isFilledOtherwise(SettableBeanProperty part) {
    return part.getInjectableValueId() != null
        || part.isInjectionOnly()
        || part.isIgnorable()
        || part.getNullValueProvider() != part.getValueDeserializer();
  }

  private static final class Checking extends ValueInstantiator.Delegating {

    private static final long serialVersionUID = 1L;

    private final Class<?> type;
    private transient volatile Nullness @Nullable [] nullness;

    Checking(ValueInstantiator delegate, Class<?> type) {
      super(delegate);
      this.type = type;
    }

    @Override
    public ValueInstantiator createContextual(
        DeserializationContext context, BeanDescription.Supplier description) {
      ValueInstantiator contextual = delegate().createContextual(context, description);
      return contextual == delegate() ? this : new Checking(contextual, type);
    }

    @Override
    public Object createFromObjectWith(
        DeserializationContext context, SettableBeanProperty[] parts, PropertyValueBuffer read) {
      Nullness[] declared = declared(parts);
      int found = 0;
      boolean mayBeEmpty = true;
      List<String> missing = null;
      List<String> needed = null;
      for (int i = 0; i < parts.length; i++) {
        SettableBeanProperty part = parts[i];
        Nullness nullness = declared[i];
        if (part == null || isFilledOtherwise(part)) {
          found++;
          continue;
        }
        if (read.hasParameter(part)) {
          found++;
          if (nullness == Nullness.NEVER_NULL && read.getParameter(context, part) == null) {
            throw nullPart(context.getParser(), part);
          }
          continue;
        }
        mayBeEmpty &= nullness == Nullness.NULLABLE;
        missing = with(missing, part.getName());
        if (nullness == Nullness.NEVER_NULL) {
          needed = with(needed, part.getName());
        }
      }
      if (missing != null && found == 0 && !mayBeEmpty) {
        throw JsonRefusal.missing(
            context.getParser(),
            "has none of the fields " + JsonErrors.list(missing),
            type,
            missing);
      }
      if (needed != null) {
        throw JsonRefusal.missing(
            context.getParser(), "lacks " + JsonErrors.list(needed), type, needed);
      }
      Object value = super.createFromObjectWith(context, parts, read);
      if (missing != null && value != null) {
        context.setAttribute(LACKING, new Lacking(value, missing));
      }
      return value;
    }

    private static List<String> with(@Nullable List<String> names, String name) {
      List<String> list = names == null ? new ArrayList<>() : names;
      list.add(name);
      return list;
    }

    private JsonRefusal nullPart(JsonParser at, SettableBeanProperty part) {
      JsonRefusal refusal =
          JsonRefusal.of(
              at,
              "is null",
              part.getType().getRawClass(),
              "Declare it as Optional or @Nullable if it may be");
      refusal.prependPath(type, part.getName());
      return refusal;
    }

    private Nullness[] declared(SettableBeanProperty[] parts) {
      Nullness[] known = nullness;
      if (known == null) {
        known = new Nullness[parts.length];
        for (int i = 0; i < parts.length; i++) {
          known[i] = parts[i] == null ? Nullness.UNSPECIFIED : nullness(parts[i]);
        }
        nullness = known;
      }
      return known;
    }

    private Nullness nullness(SettableBeanProperty part) {
      if (part.isRequired()) {
        return Nullness.NEVER_NULL;
      }
      Class<?> raw = part.getType().getRawClass();
      if (!(part.getMember() instanceof AnnotatedParameter parameter)
          || !(parameter.getOwner().getAnnotated() instanceof Executable creator)) {
        return raw.isPrimitive() ? Nullness.NEVER_NULL : Nullness.UNSPECIFIED;
      }
      int index = parameter.getIndex();
      RecordComponent[] components = type.getRecordComponents();
      Parameter[] parameters = creator.getParameters();
      if (components != null && components.length == parameters.length) {
        RecordComponent component = components[index];
        return Nullness.of(type, raw, component, component.getAnnotatedType());
      }
      return Nullness.of(type, raw, parameters[index], parameters[index].getAnnotatedType());
    }
  }

  /** The handler of properties that no component has the name of. */
  private static final class UnknownNames extends DeserializationProblemHandler {

    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser in,
        ValueDeserializer<?> deserializer,
        Object valueOrClass,
        String name) {
      if (context.getAttribute(LACKING) instanceof Lacking lacking
          && lacking.value() == valueOrClass) {
        for (String missing : lacking.names()) {
          if (NearNames.areNear(name, missing)) {
            throw JsonRefusal.missing(
                context.getParser(),
                "lacks " + JsonErrors.list(List.of(missing)),
                valueOrClass.getClass(),
                List.of(missing));
          }
        }
      }
      MissingProperties.noteUnknown(context, deserializer, name);
      return false; // the library skips it
    }
  }
}
