package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.object.Containers;
import dev.millrace.internal.codec.object.Utf8;
import dev.millrace.internal.type.Types;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a Java type, as far as the binary codec is concerned: the classes that a {@link
 * Schema} leaves out. Records and sealed types stand in a list and are referred to by number, so
 * that they may contain themselves.
 *
 * <p><b>Threads.</b> Immutable.
 */
record TypeModel(List<Definition> definitions, Node root) {

  sealed interface Node {}

  record Scalar(ScalarKind kind) implements Node {}

  record Enumeration(Class<?> type) implements Node {}

  record CollectionOf(Class<?> type, Node element) implements Node {}

  record ArrayOf(Class<?> component, Node element) implements Node {}

  record MapOf(Class<?> type, Node key, Node value) implements Node {}

  record OptionalOf(Node element) implements Node {}

  record Reference(int index) implements Node {}

  /**
   * A value that is kept as JSON text.
   *
   * @param text the parts of the text, as far as they are known
   */
  record Json(Type type, TypeModel text) implements Node {}

  /** A value whose bytes a serde of the program's makes. */
  record BySerde(Type type) implements Node {}

  sealed interface Definition {
    Class<?> type();
  }

  /**
   * A record, or in JSON text an object.
   *
   * @param dropped names of former components, whose values are to be left out
   */
  record RecordOf(Class<?> type, List<Component> components, Set<String> dropped)
      implements Definition {

    /** {@return the component of each name that was written, as far as there is one now} */
    Map<String, Integer> positions(Schema.RecordOf written) {
      Set<String> names = new HashSet<>();
      written.components().forEach(each -> names.add(each.name()));
      Map<String, Integer> positions = new HashMap<>();
      for (int i = 0; i < components.size(); i++) {
        Component component = components.get(i);
        String name = component.name();
        for (String alias : component.aliases()) {
          if (!names.contains(name) && names.contains(alias)) {
            name = alias;
          }
        }
        positions.putIfAbsent(name, i);
      }
      return positions;
    }

    /** Checks that the value of a former component may be left out. */
    void checkDropped(String name, String path) {
      if (!dropped.contains(name)) {
        throw new IncompatibleJobException(
            "Cannot read stored values: "
                + path
                + " was written with a component '"
                + name
                + "', and "
                + Types.name(type)
                + " has none of that name now; its values would be lost. If it was renamed, put"
                + " @JsonAlias(\""
                + name
                + "\") on the component; if it was dropped, @JsonIgnoreProperties(\""
                + name
                + "\") on the "
                + (type.isRecord() ? "record" : "class"));
      }
    }
  }

  record Component(String name, List<String> aliases, Class<?> type, Node node) {
    boolean isNullable() {
      return !type.isPrimitive();
    }
  }

  record UnionOf(Class<?> type, List<Case> cases) implements Definition {}

  record Case(String name, Class<?> type, Node node) {}

  /**
   * {@return the model of a type}
   *
   * @throws TypeInferenceException if values of the type could not be read back
   */
  static TypeModel of(Type type) {
    return of(type, SerdeTypes.NONE);
  }

  /**
   * {@return the model of a type in a job with serdes}
   *
   * @throws TypeInferenceException if values of the type could not be read back
   */
  static TypeModel of(Type type, SerdeTypes serdes) {
    Builder builder = new Builder(serdes);
    Node root = builder.node(Types.box(Types.canonical(type)), Types.name(type), 0);
    return new TypeModel(builder.definitions.stream().map(Objects::requireNonNull).toList(), root);
  }

  Schema schema() {
    List<Schema.Definition> made = new ArrayList<>();
    for (Definition definition : definitions) {
      if (definition instanceof RecordOf record) {
        made.add(
            new Schema.RecordOf(
                record.components().stream()
                    .map(c -> new Schema.Component(c.name(), c.isNullable(), schema(c.node())))
                    .toList()));
      } else if (definition instanceof UnionOf union) {
        made.add(
            new Schema.UnionOf(
                union.cases().stream()
                    .map(c -> new Schema.Case(c.name(), schema(c.node())))
                    .toList()));
      }
    }
    return new Schema(made, schema(root));
  }

  static Schema.Node schema(Node node) {
    if (node instanceof Scalar scalar) {
      return new Schema.Scalar(scalar.kind());
    } else if (node instanceof Enumeration enumeration) {
      return new Schema.Enumeration(constants(enumeration.type()));
    } else if (node instanceof CollectionOf collection) {
      return new Schema.Sequence(schema(collection.element()));
    } else if (node instanceof ArrayOf array) {
      return new Schema.Sequence(schema(array.element()));
    } else if (node instanceof MapOf map) {
      return new Schema.Mapping(schema(map.key()), schema(map.value()));
    } else if (node instanceof OptionalOf optional) {
      return new Schema.Maybe(schema(optional.element()));
    } else if (node instanceof Reference reference) {
      return new Schema.Reference(reference.index());
    } else if (node instanceof BySerde serde) {
      return new Schema.BySerde(Types.name(serde.type()));
    }
    return new Schema.Json(((Json) node).text().schema());
  }

  /** {@return the type of a value, or a part of it, whose bytes a serde makes, if there is one} */
  Optional<Type> firstBySerde() {
    return Stream.concat(Stream.of(root), definitions.stream().flatMap(TypeModel::parts))
        .flatMap(TypeModel::bySerde)
        .findFirst();
  }

  private static Stream<Node> parts(Definition definition) {
    return definition instanceof RecordOf record
        ? record.components().stream().map(Component::node)
        : ((UnionOf) definition).cases().stream().map(Case::node);
  }

  private static Stream<Type> bySerde(Node node) {
    if (node instanceof CollectionOf collection) {
      return bySerde(collection.element());
    } else if (node instanceof ArrayOf array) {
      return bySerde(array.element());
    } else if (node instanceof MapOf map) {
      return Stream.concat(bySerde(map.key()), bySerde(map.value()));
    } else if (node instanceof OptionalOf optional) {
      return bySerde(optional.element());
    }
    return node instanceof BySerde serde ? Stream.of(serde.type()) : Stream.empty();
  }

  /** {@return the names of an enum's constants, by ordinal} */
  static List<String> constants(Class<?> enumeration) {
    return Arrays.stream(enumeration.getEnumConstants()).map(c -> ((Enum<?>) c).name()).toList();
  }

  private static final class Builder {

    private static final int DEFINITION_LIMIT = 1000;

    private final List<@Nullable Definition> definitions = new ArrayList<>();
    private final Map<Type, Integer> indexes = new HashMap<>();
    private final SerdeTypes serdes;

    Builder(SerdeTypes serdes) {
      this.serdes = serdes;
    }

    private Node node(Type type, String path, int depth) {
      Class<?> raw = Types.raw(type);
      ScalarKind scalar = ScalarKind.of(raw);
      if (serdes.contains(type)) {
        return new BySerde(type);
      } else if (scalar != null) {
        return new Scalar(scalar);
      } else if (Types.hasVariables(type)) {
        throw refused(
            path,
            Types.name(type) + " has type arguments that are unknown here",
            "Name them, for example with new TypeRef<List<String>>() {}");
      } else if (depth > Schema.DEPTH_LIMIT || definitions.size() > DEFINITION_LIMIT) {
        throw refused(path, "it is nested too deeply", "Make the type simpler");
      } else if (raw.isEnum()) {
        return new Enumeration(raw);
      } else if (raw.isArray()) {
        Type element =
            type instanceof GenericArrayType a ? a.getGenericComponentType() : raw.componentType();
        return new ArrayOf(raw.componentType(), node(Types.box(element), path + "[]", depth + 1));
      } else if (raw == Optional.class) {
        return new OptionalOf(argument(type, raw, 0, path, depth));
      } else if (Containers.isCollection(raw)) {
        return new CollectionOf(raw, argument(type, raw, 0, path, depth));
      } else if (Containers.isMap(raw)) {
        return new MapOf(
            raw, argument(type, raw, 0, path, depth), argument(type, raw, 1, path, depth));
      } else if (raw.isRecord() || raw.isSealed() && Modifier.isAbstract(raw.getModifiers())) {
        return definition(type, raw, path, depth);
      }
      return json(type, raw, path);
    }

    private Node argument(Type type, Class<?> raw, int index, String path, int depth) {
      Type argument =
          Objects.requireNonNull(Types.arguments(type).get(raw.getTypeParameters()[index]));
      return node(argument, path + "<" + Types.name(argument) + ">", depth + 1);
    }

    private Node definition(Type type, Class<?> raw, String path, int depth) {
      Integer known = indexes.get(type);
      if (known != null) {
        return new Reference(known);
      }
      int index = definitions.size();
      indexes.put(type, index);
      definitions.add(null);
      definitions.set(
          index, raw.isRecord() ? record(type, raw, path, depth) : union(type, raw, path, depth));
      return new Reference(index);
    }

    private RecordOf record(Type type, Class<?> raw, String path, int depth) {
      Map<TypeVariable<?>, Type> arguments = Types.arguments(type);
      List<Component> components = new ArrayList<>();
      Set<String> names = new HashSet<>();
      for (RecordComponent component : raw.getRecordComponents()) {
        String name = StoredNames.name(component);
        if (!names.add(name)) {
          throw refused(path, "two of its components are called " + name, "Rename one");
        } else if (Utf8.hasHalf(name)) {
          throw refused(
              path,
              "the name of its component "
                  + component.getName()
                  + " in JSON has half of a surrogate pair",
              "Rename it");
        }
        Type resolved = Types.substitute(component.getGenericType(), arguments);
        components.add(
            new Component(
                name,
                StoredNames.aliases(component),
                component.getType(),
                node(Types.box(resolved), path + "." + component.getName(), depth + 1)));
      }
      return new RecordOf(raw, List.copyOf(components), StoredNames.dropped(raw));
    }

    private UnionOf union(Type type, Class<?> raw, String path, int depth) {
      List<Class<?>> leaves = new ArrayList<>();
      collectLeaves(raw, leaves, path);
      leaves.sort(Comparator.comparing(Class::getSimpleName));
      Set<String> names = new HashSet<>();
      List<Case> cases = new ArrayList<>();
      for (Class<?> leaf : leaves) {
        if (!names.add(leaf.getSimpleName())) {
          throw refused(
              path,
              "two of its permitted types are called " + leaf.getSimpleName(),
              "Rename one: their bytes are told apart by name");
        }
        Node node =
            node(asCase(leaf, type, raw, path), path + "|" + leaf.getSimpleName(), depth + 1);
        cases.add(new Case(leaf.getSimpleName(), leaf, node));
      }
      return new UnionOf(raw, List.copyOf(cases));
    }

    private void collectLeaves(Class<?> sealed, List<Class<?>> leaves, String path) {
      for (Class<?> permitted : sealed.getPermittedSubclasses()) {
        boolean isFamily =
            permitted.isSealed()
                && Modifier.isAbstract(permitted.getModifiers())
                && !permitted.isEnum();
        if (isFamily) {
          collectLeaves(permitted, leaves, path);
        } else if (!permitted.isEnum() && !Modifier.isFinal(permitted.getModifiers())) {
          throw refused(
              path,
              "its subtype " + permitted.getSimpleName() + " is open to further subtypes",
              "Make it a record, an enum or a final class");
        } else if (!leaves.contains(permitted)) { // or permitted by two interfaces of the family
          leaves.add(permitted);
        }
      }
    }

    /** The case's type arguments follow from those of the sealed type. */
    private static Type asCase(Class<?> leaf, Type sealedType, Class<?> sealedRaw, String path) {
      if (leaf.getTypeParameters().length == 0) {
        return leaf;
      }
      Map<TypeVariable<?>, Type> arguments = new HashMap<>();
      Types.unify(Objects.requireNonNull(Types.supertype(leaf, sealedRaw)), sealedType, arguments);
      Type resolved =
          Types.substitute(Types.parameterized(leaf, leaf.getTypeParameters()), arguments);
      if (Types.hasVariables(resolved)) {
        throw refused(
            path,
            "the type arguments of its subtype " + leaf.getSimpleName() + " do not follow from it",
            "Give the subtype no type parameters of its own");
      }
      return resolved;
    }

    private Node json(Type type, Class<?> raw, String path) {
      check(JsonCodec.reasonAgainst(type, raw), type, path);
      JsonOutline outline = JsonOutline.of(type, serdes);
      Type part = outline.partWithSerde();
      if (part != null) {
        throw refused(
            path,
            "it is kept as JSON, in which its part "
                + Types.name(part)
                + " cannot have the form of "
                + SerdeTypes.reference(part),
            "Make "
                + Types.name(type)
                + " a record, or name a serde for it too: "
                + SerdeTypes.line(type));
      }
      check(outline.lost(), type, path);
      return new Json(type, outline.model());
    }

    private static void check(@Nullable String reason, Type type, String path) {
      if (reason != null) {
        throw refused(
            path,
            reason,
            JsonCodec.isVague(type)
                ? "Name a concrete type"
                : "Map the values to a record first, or name a Kafka serde for them: "
                    + SerdeTypes.line(type));
      }
    }

    private static TypeInferenceException refused(String path, String reason, String remedy) {
      return new TypeInferenceException(
          "Cannot encode values of " + path + ": " + reason + ". " + remedy);
    }
  }
}
