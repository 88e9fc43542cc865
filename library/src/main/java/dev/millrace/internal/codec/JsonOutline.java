package dev.millrace.internal.codec;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonRules;
import dev.millrace.internal.codec.json.LostProperties;
import dev.millrace.internal.codec.object.Utf8;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Executable;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.introspect.ClassIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsonFormatVisitors.JsonAnyFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonArrayFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonBooleanFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonFormatTypes;
import tools.jackson.databind.jsonFormatVisitors.JsonFormatVisitable;
import tools.jackson.databind.jsonFormatVisitors.JsonFormatVisitorWrapper;
import tools.jackson.databind.jsonFormatVisitors.JsonIntegerFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonMapFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonNumberFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonObjectFormatVisitor;
import tools.jackson.databind.jsonFormatVisitors.JsonStringFormatVisitor;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.ser.BeanPropertyWriter;

/**
 * The builder of the model of a type's JSON text: which objects the JSON library writes for it,
 * with which properties. The library's own writers are asked, so that annotations count as they do
 * when values are written. What a type writes or reads in its own way stays {@link ScalarKind#ANY}.
 *
 * <p><b>Threads.</b> Confined to the thread that builds.
 */
final class JsonOutline {

  private static final TypeModel.Node ANY = new TypeModel.Scalar(ScalarKind.ANY);
  private static final int DEFINITION_LIMIT = 1000;

  /** The classes of Java of which a number or a text is written that leaves something out. */
  private static final Map<Class<?>, String> PARTLY_WRITTEN =
      Map.of(Calendar.class, "time zone", Pattern.class, "flags");

  private final JsonMapper mapper;
  private final DeserializationConfig config;
  private final SerdeTypes serdes;
  private final List<TypeModel.@Nullable Definition> definitions = new ArrayList<>();
  private final Map<JavaType, Integer> objects = new HashMap<>();
  private final Map<JavaType, Integer> unions = new HashMap<>();

  private TypeModel model = new TypeModel(List.of(), ANY);
  private @Nullable String lost;
  private @Nullable Type partWithSerde;

  private JsonOutline(JsonMapper mapper, SerdeTypes serdes) {
    this.mapper = mapper;
    this.serdes = serdes;
    this.config = mapper.deserializationConfig();
  }

  /** {@return the outline of the text of a type's values} */
  static JsonOutline of(Type type) {
    return of(type, SerdeTypes.NONE);
  }

  /** {@return the outline of the text of a type's values in a job with serdes} */
  static JsonOutline of(Type type, SerdeTypes serdes) {
    JsonMapper mapper = JsonCodec.mapper(JsonRules.STORED);
    JsonOutline outline = new JsonOutline(mapper, serdes);
    Visitor visitor = outline.new Visitor(true, true);
    try {
      mapper.acceptJsonFormatVisitor(mapper.constructType(type), visitor);
      TypeModel.Node root = visitor.node();
      outline.model =
          new TypeModel(outline.definitions.stream().map(Objects::requireNonNull).toList(), root);
    } catch (JacksonException e) {
      // It fails again, with a value, if it matters.
    }
    return outline;
  }

  TypeModel model() {
    return model;
  }

  /** {@return what of one of its objects would not come back, or null} */
  @Nullable String lost() {
    return lost;
  }

  /** {@return a type with a serde that is part of the text, or null} */
  @Nullable Type partWithSerde() {
    return partWithSerde;
  }

  /**
   * Checks that values of a type that is abstract can be made of their text.
   *
   * @param isRead whether the text is read by what the type itself defines
   */
  private void checkMade(JavaType type, boolean isRead) {
    Class<?> raw = type.getRawClass();
    if (lost == null
        && isRead
        && Modifier.isAbstract(raw.getModifiers())
        && !raw.isEnum()
        && !raw.getName().startsWith("java")) {
      lost = JsonCodec.reasonAgainst(type, raw);
    }
  }

  /**
   * Checks that a class of Java's own is none that the library takes for a program's: what is in it
   * is neither in getters nor can be set.
   */
  private void checkKnown(JavaType type, boolean isRead) {
    Class<?> raw = type.getRawClass();
    if (lost == null && isRead && Types.isOfJava(raw) && !isKnown(raw)) {
      lost = raw.getSimpleName() + " is a class of Java whose content JSON does not bring back";
    }
  }

  /** Checks that a class of Java's own is none of which the text has only a part. */
  private void checkWhole(JavaType type, boolean isRead) {
    if (lost != null || !isRead) {
      return;
    }
    Class<?> raw = type.getRawClass();
    PARTLY_WRITTEN.forEach(
        (written, without) -> {
          if (written.isAssignableFrom(raw)) {
            lost = raw.getSimpleName() + " would come back without its " + without;
          }
        });
    if (raw == Inet4Address.class || raw == Inet6Address.class) {
      lost = "JSON has no way to make an " + raw.getSimpleName() + ", only an InetAddress";
    }
  }

  /** {@return whether it is one of Java's own objects or numbers, read here as it is written} */
  private static boolean isKnown(Class<?> raw) {
    return Throwable.class.isAssignableFrom(raw)
        || raw == StackTraceElement.class
        || raw == AtomicInteger.class
        || raw == AtomicLong.class
        || raw == Number.class
        || ScalarKind.of(raw) != null;
  }

  private void inspect(JavaType type) {
    meet(type);
    if (lost == null && !type.getRawClass().isRecord()) {
      lost = LostProperties.reason(mapper, type);
    }
  }

  private void meet(JavaType type) {
    for (Type each : serdes.types()) {
      if (type.equals(mapper.constructType(each))) {
        partWithSerde = each;
      }
    }
  }

  /**
   * A property as the library writes it.
   *
   * @param writer what writes its value
   * @param type the value's type
   * @param saysItself whether annotations of the property define how it is read
   */
  private record Property(JsonFormatVisitable writer, JavaType type, boolean saysItself) {}

  private int reserve(Map<JavaType, Integer> indexes, JavaType type) {
    int index = definitions.size();
    indexes.put(type, index);
    definitions.add(null);
    return index;
  }

  private TypeModel.Node node(
      SerializationContext context,
      JsonFormatVisitable writer,
      JavaType type,
      boolean withSubtypes,
      boolean isRead) {
    meet(type);
    Visitor visitor = new Visitor(withSubtypes, isRead);
    visitor.setContext(context);
    writer.acceptJsonFormatVisitor(visitor, type);
    return visitor.node();
  }

  /** {@return the subtypes that the type's own annotations list, by the names they have in JSON} */
  private Map<String, JavaType> subtypes(JavaType type) {
    AnnotatedClass annotated = introspector().introspectClassAnnotations(type);
    Map<String, JavaType> subtypes = new TreeMap<>();
    for (NamedType subtype :
        config.getSubtypeResolver().collectAndResolveSubtypesByClass(config, annotated)) {
      Class<?> raw = subtype.getType();
      if (!Modifier.isAbstract(raw.getModifiers())) {
        subtypes.put(
            subtype.hasName() ? subtype.getName() : raw.getSimpleName(),
            mapper.getTypeFactory().constructSpecializedType(type, raw));
      }
    }
    boolean isAlone = subtypes.size() == 1 && subtypes.containsValue(type);
    return isAlone ? Map.of() : subtypes;
  }

  private ClassIntrospector introspector() {
    return config.classIntrospectorInstance();
  }

  private void describe(
      int index, JavaType type, Map<String, Property> properties, SerializationContext context) {
    BeanDescription read =
        introspector()
            .introspectForDeserialization(type, introspector().introspectClassAnnotations(type));
    Map<String, List<String>> aliases = new HashMap<>();
    Set<String> settable = new HashSet<>();
    for (BeanPropertyDefinition property : read.findProperties()) {
      if (property.couldDeserialize() || property.hasField()) {
        settable.add(property.getName());
      }
      aliases.put(
          property.getName(),
          property.findAliases().stream().map(PropertyName::getSimpleName).toList());
    }
    if (lost == null && properties.keySet().stream().anyMatch(Utf8::hasHalf)) {
      lost =
          type.getRawClass().getSimpleName()
              + " has a property with half of a surrogate pair in its name, which is not read back";
    }
    List<TypeModel.Component> components = new ArrayList<>();
    properties.forEach(
        (name, property) ->
            components.add(
                new TypeModel.Component(
                    name,
                    aliases.getOrDefault(name, List.of()),
                    property.type().getRawClass(),
                    node(
                        context,
                        property.writer(),
                        property.type(),
                        true,
                        settable.contains(name) && !property.saysItself()))));
    Set<String> dropped = new HashSet<>(StoredNames.dropped(type.getRawClass()));
    if (read.getIgnoredPropertyNames() != null) {
      dropped.addAll(read.getIgnoredPropertyNames());
    }
    definitions.set(
        index,
        new TypeModel.RecordOf(type.getRawClass(), List.copyOf(components), Set.copyOf(dropped)));
  }

  /**
   * {@return whether the type's objects are not read property by property, or take any property}
   */
  private boolean readsItself(JavaType type) {
    AnnotatedClass annotated = introspector().introspectClassAnnotations(type);
    AnnotationIntrospector annotations = config.getAnnotationIntrospector();
    Class<?> raw = type.getRawClass();
    return annotations.findDeserializer(config, annotated) != null
        || annotations.findPOJOBuilder(config, annotated) != null
        || introspector().introspectForDeserialization(type, annotated).findAnySetterAccessor()
            != null
        || Stream.<Executable>concat(
                Arrays.stream(raw.getDeclaredConstructors()),
                Arrays.stream(raw.getDeclaredMethods()))
            .anyMatch(JsonOutline::isDelegating);
  }

  private static boolean isDelegating(Executable executable) {
    JsonCreator creator = executable.getAnnotation(JsonCreator.class);
    return creator != null
        && (creator.mode() == JsonCreator.Mode.DELEGATING
            || creator.mode() == JsonCreator.Mode.DEFAULT
                && executable.getParameterCount() == 1
                && !executable.getParameters()[0].isAnnotationPresent(JsonProperty.class));
  }

  /** The recipient of what one writer of the library writes. */
  private final class Visitor extends JsonFormatVisitorWrapper.Base {

    private final boolean withSubtypes;
    private final boolean isRead;
    private TypeModel.Node node = ANY;
    private Runnable completion = () -> {};

    Visitor(boolean withSubtypes, boolean isRead) {
      this.withSubtypes = withSubtypes;
      this.isRead = isRead;
    }

    TypeModel.Node node() {
      completion.run();
      return node;
    }

    @Override
    public @Nullable JsonObjectFormatVisitor expectObjectFormat(JavaType type) {
      Map<String, JavaType> subtypes =
          withSubtypes && getContext().findTypeSerializer(type) != null ? subtypes(type) : Map.of();
      if (!subtypes.isEmpty()) {
        node = union(type, subtypes);
        return null;
      }
      checkMade(type, isRead);
      checkKnown(type, isRead);
      Integer known = objects.get(type);
      if (known != null) {
        node = new TypeModel.Reference(known);
        return null;
      }
      inspect(type);
      if (definitions.size() >= DEFINITION_LIMIT || readsItself(type)) {
        return null;
      }
      int index = reserve(objects, type);
      node = new TypeModel.Reference(index);
      // In the order of their names: the library's order is that of reflection.
      Map<String, Property> properties = new TreeMap<>();
      completion = () -> describe(index, type, properties, getContext());
      return new Properties(getContext(), properties);
    }

    private TypeModel.Node union(JavaType type, Map<String, JavaType> subtypes) {
      Integer known = unions.get(type);
      if (known != null) {
        return new TypeModel.Reference(known);
      }
      int index = reserve(unions, type);
      List<TypeModel.Case> cases = new ArrayList<>();
      subtypes.forEach(
          (name, subtype) -> {
            JsonFormatVisitable writer = getContext().findValueSerializer(subtype);
            TypeModel.Node each =
                JsonOutline.this.node(getContext(), writer, subtype, false, isRead);
            cases.add(new TypeModel.Case(name, subtype.getRawClass(), each));
          });
      definitions.set(index, new TypeModel.UnionOf(type.getRawClass(), List.copyOf(cases)));
      return new TypeModel.Reference(index);
    }

    @Override
    public @Nullable JsonArrayFormatVisitor expectArrayFormat(JavaType type) {
      if (type.getRawClass() == byte[].class) {
        node = new TypeModel.Scalar(ScalarKind.BYTES); // as text in Base64
        return null;
      }
      node = new TypeModel.ArrayOf(Object.class, ANY);
      return new JsonArrayFormatVisitor.Base(getContext()) {
        @Override
        public void itemsFormat(JsonFormatVisitable handler, JavaType element) {
          node = new TypeModel.ArrayOf(Object.class, part(handler, element));
        }

        @Override
        public void itemsFormat(JsonFormatTypes format) {
          TypeModel.Node element =
              switch (format) {
                case STRING -> new TypeModel.Scalar(ScalarKind.STRING);
                case INTEGER -> new TypeModel.Scalar(ScalarKind.LONG);
                case NUMBER -> new TypeModel.Scalar(ScalarKind.DOUBLE);
                case BOOLEAN -> new TypeModel.Scalar(ScalarKind.BOOLEAN);
                default -> ANY;
              };
          node = new TypeModel.ArrayOf(Object.class, element);
        }
      };
    }

    @Override
    public JsonMapFormatVisitor expectMapFormat(JavaType type) {
      node = new TypeModel.MapOf(Map.class, ANY, ANY);
      return new JsonMapFormatVisitor.Base(getContext()) {
        @Override
        public void keyFormat(JsonFormatVisitable handler, JavaType key) {
          checkWhole(key, isRead);
        }

        @Override
        public void valueFormat(JsonFormatVisitable handler, JavaType value) {
          node = new TypeModel.MapOf(Map.class, ANY, part(handler, value));
        }
      };
    }

    private TypeModel.Node part(@Nullable JsonFormatVisitable writer, JavaType type) {
      return writer == null ? ANY : JsonOutline.this.node(getContext(), writer, type, true, isRead);
    }

    @Override
    public @Nullable JsonStringFormatVisitor expectStringFormat(JavaType type) {
      checkWhole(type, isRead);
      node =
          type.getRawClass().isEnum()
              ? new TypeModel.Enumeration(type.getRawClass())
              : scalar(type, ScalarKind.STRING);
      return null;
    }

    @Override
    public @Nullable JsonNumberFormatVisitor expectNumberFormat(JavaType type) {
      checkNumber(type);
      node = scalar(type, ScalarKind.DOUBLE);
      return null;
    }

    @Override
    public @Nullable JsonIntegerFormatVisitor expectIntegerFormat(JavaType type) {
      checkNumber(type);
      checkWhole(type, isRead);
      node = scalar(type, ScalarKind.LONG);
      return null;
    }

    @Override
    public @Nullable JsonBooleanFormatVisitor expectBooleanFormat(JavaType type) {
      node = new TypeModel.Scalar(ScalarKind.BOOLEAN);
      return null;
    }

    @Override
    public @Nullable JsonAnyFormatVisitor expectAnyFormat(JavaType type) {
      checkMade(type, isRead);
      inspect(type);
      node = ANY;
      return null;
    }

    private void checkNumber(JavaType type) {
      if (Number.class.isAssignableFrom(type.getRawClass())) {
        checkKnown(type, isRead);
      }
    }

    private static TypeModel.Node scalar(JavaType type, ScalarKind otherwise) {
      ScalarKind kind = ScalarKind.of(wrapped(type.getRawClass()));
      return new TypeModel.Scalar(kind == null ? otherwise : kind);
    }

    private static Class<?> wrapped(Class<?> raw) {
      return Types.raw(Types.box(raw));
    }
  }

  /** The recipient of an object's properties. */
  private static final class Properties extends JsonObjectFormatVisitor.Base {

    private final Map<String, Property> properties;

    Properties(SerializationContext context, Map<String, Property> properties) {
      super(context);
      this.properties = properties;
    }

    @Override
    public void property(BeanProperty property) {
      JsonFormatVisitable writer =
          property instanceof BeanPropertyWriter known ? known.getSerializer() : null;
      if (writer == null) {
        writer = getContext().findPrimaryPropertySerializer(property.getType(), property);
      }
      boolean saysItself =
          property.getAnnotation(JsonDeserialize.class) != null
              || property.getAnnotation(JsonTypeInfo.class) != null;
      properties.put(property.getName(), new Property(writer, property.getType(), saysItself));
    }

    @Override
    public void property(String name, JsonFormatVisitable writer, JavaType type) {
      properties.put(name, new Property(writer, type, false));
    }

    @Override
    public void optionalProperty(BeanProperty property) {
      property(property);
    }

    @Override
    public void optionalProperty(String name, JsonFormatVisitable writer, JavaType type) {
      property(name, writer, type);
    }
  }
}
