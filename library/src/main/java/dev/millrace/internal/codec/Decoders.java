package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The builder of the decoder of a {@link TypeModel} for values written under a {@link Schema}, its
 * own or an older one. Records are matched by component name, sealed types by the subtype's simple
 * name, enums by the constant's name; whole numbers may have become wider.
 *
 * <p><b>Threads.</b> Confined to the thread that builds; what it builds is safe for any thread.
 */
final class Decoders {

  private static final MethodHandle READ_SLOT;

  static {
    try {
      READ_SLOT =
          MethodHandles.lookup()
              .findVirtual(
                  Decoder.class, "readSlot", MethodType.methodType(Object.class, ByteReader.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final TypeModel model;
  private final Schema written;
  private final boolean isOwnSchema;
  private final Map<Long, Decoder> definitions = new HashMap<>();

  private Decoders(TypeModel model, Schema written) {
    this.model = model;
    this.written = written;
    this.isOwnSchema = written.equals(model.schema());
  }

  /**
   * {@return the decoder}
   *
   * @throws IncompatibleJobException if the schema does not fit the type
   */
  static Decoder of(TypeModel model, Schema written) {
    Decoders decoders = new Decoders(model, written);
    return decoders.decoder(model.root(), written.root(), "value");
  }

  private Decoder decoder(TypeModel.Node node, Schema.Node from, String path) {
    if (node instanceof TypeModel.Scalar scalar && from instanceof Schema.Scalar was) {
      return scalar(scalar.kind(), was.kind(), path);
    } else if (node instanceof TypeModel.Enumeration enumeration
        && from instanceof Schema.Enumeration was) {
      return OfEnum.of(enumeration.type(), was.constants());
    } else if (node instanceof TypeModel.CollectionOf collection
        && from instanceof Schema.Sequence was) {
      return new OfCollection(
          Containers.collection(collection.type()),
          decoder(collection.element(), was.element(), path + "[]"));
    } else if (node instanceof TypeModel.ArrayOf array && from instanceof Schema.Sequence was) {
      return array(array.component(), decoder(array.element(), was.element(), path + "[]"));
    } else if (node instanceof TypeModel.MapOf map && from instanceof Schema.Mapping was) {
      return new OfMap(
          Containers.map(map.type()),
          decoder(map.key(), was.key(), path + ".key"),
          decoder(map.value(), was.value(), path + ".value"));
    } else if (node instanceof TypeModel.OptionalOf optional && from instanceof Schema.Maybe was) {
      return new OfOptional(decoder(optional.element(), was.element(), path));
    } else if (node instanceof TypeModel.Json json
        && from instanceof Schema.Scalar was
        && was.kind() == ScalarKind.JSON) {
      JsonDecoder<Object> decoder = JsonCodec.internalDecoder(json.type());
      return (PrefixedDecoder) (length, in) -> decoder.decode(in.array(), in.skip(length), length);
    } else if (node instanceof TypeModel.Reference reference
        && from instanceof Schema.Reference was) {
      return definition(reference.index(), was.index(), path);
    }
    throw mismatch(path, from, node);
  }

  private Decoder scalar(ScalarKind kind, ScalarKind was, String path) {
    if (kind == was && kind != ScalarKind.JSON) {
      return kind.decoder();
    }
    Function<Object, Object> conversion = conversion(was, kind);
    if (conversion == null) {
      throw mismatch(path, new Schema.Scalar(was), new TypeModel.Scalar(kind));
    }
    return new Converting(was.decoder(), conversion);
  }

  /** {@return the conversion if it loses nothing, else null} */
  private static @Nullable Function<Object, Object> conversion(ScalarKind was, ScalarKind kind) {
    boolean isWhole = was == ScalarKind.BYTE || was == ScalarKind.SHORT || was == ScalarKind.INT;
    if (isWhole && kind == ScalarKind.LONG) {
      return v -> ((Number) v).longValue();
    } else if (isWhole && kind == ScalarKind.INT) {
      return v -> ((Number) v).intValue();
    } else if (was == ScalarKind.BYTE && kind == ScalarKind.SHORT) {
      return v -> ((Number) v).shortValue();
    } else if ((isWhole || was == ScalarKind.FLOAT) && kind == ScalarKind.DOUBLE) {
      return v -> ((Number) v).doubleValue();
    }
    return null;
  }

  private Decoder definition(int index, int writtenIndex, String path) {
    long pair = (long) index << 32 | writtenIndex;
    Decoder known = definitions.get(pair);
    if (known != null) {
      return known;
    }
    TypeModel.Definition definition = model.definitions().get(index);
    Schema.Definition was = written.definitions().get(writtenIndex);
    if (definition instanceof TypeModel.RecordOf record && was instanceof Schema.RecordOf from) {
      OfRecord decoder = new OfRecord();
      definitions.put(pair, decoder); // before its components, which may refer to it
      decoder.reader = reader(record, from, path);
      return decoder;
    } else if (definition instanceof TypeModel.UnionOf union
        && was instanceof Schema.UnionOf from) {
      OfUnion decoder = new OfUnion(union.type(), from);
      definitions.put(pair, decoder);
      Map<String, TypeModel.Case> cases = new HashMap<>();
      union.cases().forEach(c -> cases.put(c.name(), c));
      for (int i = 0; i < decoder.decoders.length; i++) {
        Schema.Case each = from.cases().get(i);
        TypeModel.Case present = cases.get(each.name());
        if (present != null) {
          decoder.decoders[i] = decoder(present.node(), each.node(), path + "|" + each.name());
        }
      }
      return decoder;
    }
    throw mismatch(path, new Schema.Reference(writtenIndex), new TypeModel.Reference(index));
  }

  private RecordReader reader(TypeModel.RecordOf record, Schema.RecordOf from, String path) {
    RecordAccess access = RecordAccess.of(record.type());
    if (isOwnSchema && access.size() > 0 && access.size() <= Encoders.LINK_LIMIT) {
      return linked(access, record.components(), from, path);
    }
    Map<String, Integer> positions = positions(record, from);
    StoredNames names = StoredNames.of(record.type());
    int count = from.components().size();
    int[] targets = new int[count];
    Decoder[] decoders = new Decoder[count];
    boolean[] nullable = new boolean[count];
    boolean[] present = new boolean[access.size()];
    for (int i = 0; i < count; i++) {
      Schema.Component each = from.components().get(i);
      Integer position = positions.get(each.name());
      nullable[i] = each.nullable();
      if (position == null) {
        if (!names.drops(each.name())) {
          throw lost(record.type(), each.name(), path);
        }
        targets[i] = -1;
        decoders[i] = new Skippers(written).skipper(each.node());
      } else {
        targets[i] = position;
        present[position] = true;
        decoders[i] =
            decoder(
                record.components().get(position).node(), each.node(), path + "." + each.name());
      }
    }
    Supplier<@Nullable Object>[] defaults = defaults(record, present);
    return new Resolving(access.spreader(), targets, decoders, nullable, defaults);
  }

  /** {@return the place of each name that the written record has and the present one knows} */
  private static Map<String, Integer> positions(TypeModel.RecordOf record, Schema.RecordOf from) {
    Set<String> writtenNames = new HashSet<>();
    from.components().forEach(each -> writtenNames.add(each.name()));
    Map<String, Integer> positions = new HashMap<>();
    for (int i = 0; i < record.components().size(); i++) {
      TypeModel.Component component = record.components().get(i);
      String name = component.name();
      for (String alias : component.aliases()) {
        if (!writtenNames.contains(name) && writtenNames.contains(alias)) {
          name = alias;
        }
      }
      positions.putIfAbsent(name, i);
    }
    return positions;
  }

  private static IncompatibleJobException lost(Class<?> record, String name, String path) {
    return new IncompatibleJobException(
        "Cannot read stored values: "
            + path
            + " was written with a component '"
            + name
            + "', and "
            + Types.name(record)
            + " has none of that name now; its values would be lost. If it was renamed, put"
            + " @JsonAlias(\""
            + name
            + "\") on the component; if it was dropped, @JsonIgnoreProperties(\""
            + name
            + "\") on the record");
  }

  /** What a component is when nothing was written for it. */
  private static Supplier<@Nullable Object>[] defaults(
      TypeModel.RecordOf record, boolean[] present) {
    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generics cannot be made otherwise
    Supplier<@Nullable Object>[] defaults = new Supplier[present.length];
    for (int i = 0; i < defaults.length; i++) {
      TypeModel.Component component = record.components().get(i);
      Class<?> type = component.type();
      if (type.isPrimitive()) {
        Object zero = Array.get(Array.newInstance(type, 1), 0);
        defaults[i] = () -> zero;
      } else if (present[i]) {
        defaults[i] = () -> null;
      } else if (component.node() instanceof TypeModel.CollectionOf collection) {
        defaults[i] = () -> Containers.collection(collection.type()).apply(0);
      } else if (component.node() instanceof TypeModel.MapOf map) {
        defaults[i] = () -> Containers.map(map.type()).apply(0);
      } else if (component.node() instanceof TypeModel.ArrayOf array) {
        Object empty = Array.newInstance(array.component(), 0);
        defaults[i] = () -> empty;
      } else if (component.node() instanceof TypeModel.OptionalOf) {
        defaults[i] = Optional::empty;
      } else {
        defaults[i] = () -> null;
      }
    }
    return defaults;
  }

  private RecordReader linked(
      RecordAccess access,
      List<TypeModel.Component> components,
      Schema.RecordOf from,
      String path) {
    MethodHandle[] readers = new MethodHandle[components.size()];
    for (int i = 0; i < readers.length; i++) {
      TypeModel.Component component = components.get(i);
      Class<?> type = component.type();
      if (type.isPrimitive()) {
        readers[i] = Primitives.reader(type);
      } else {
        Decoder decoder =
            decoder(
                component.node(), from.components().get(i).node(), path + "." + component.name());
        readers[i] =
            READ_SLOT.bindTo(decoder).asType(MethodType.methodType(type, ByteReader.class));
      }
    }
    // Filters run from left to right, which is the order of the bytes.
    MethodHandle all = MethodHandles.filterArguments(access.constructor(), 0, readers);
    all = all.asType(all.type().changeReturnType(Object.class));
    all =
        MethodHandles.permuteArguments(
            all, MethodType.methodType(Object.class, ByteReader.class), new int[components.size()]);
    return Moulds.cast(LinkedRecordReader.class, all);
  }

  private IncompatibleJobException mismatch(String path, Schema.Node from, TypeModel.Node node) {
    return new IncompatibleJobException(
        "Cannot read stored values: "
            + path
            + " was written as "
            + new Schema(written.definitions(), from)
            + " and is "
            + describe(node)
            + " now. Give the new component another name, or reset the job's state");
  }

  private String describe(TypeModel.Node node) {
    return new TypeModel(model.definitions(), node).schema().toString();
  }

  private static Decoder array(Class<?> component, Decoder element) {
    boolean isLongs = component == long.class && element == ScalarKind.LONG.decoder();
    Object zero = component.isPrimitive() ? Array.get(Array.newInstance(component, 1), 0) : null;
    return (PrefixedDecoder)
        (prefix, in) -> {
          int count = checkedCount(prefix, in);
          if (isLongs && (prefix & 1) == 0) {
            return readLongs(count, in);
          }
          Object array = Array.newInstance(component, count);
          for (int i = 0; i < count; i++) {
            Array.set(array, i, elementOrZero(element, prefix, in, zero));
          }
          return array;
        };
  }

  private static long[] readLongs(int count, ByteReader in) {
    long[] array = new long[count];
    for (int i = 0; i < count; i++) {
      array[i] = in.readZigzag();
    }
    return array;
  }

  private static @Nullable Object elementOrZero(
      Decoder element, int prefix, ByteReader in, @Nullable Object zero) {
    Object value = (prefix & 1) == 1 ? element.readSlot(in) : element.read(in);
    return value == null ? zero : value;
  }

  /**
   * Every element takes a byte at least, so a count can be checked before anything is allocated.
   */
  private static int checkedCount(int prefix, ByteReader in) {
    int count = prefix >>> 1;
    if (count > in.remaining()) {
      throw new MalformedBytesException(
          "Cannot read a collection: "
              + count
              + " elements do not fit into "
              + in.remaining()
              + " bytes");
    }
    return count;
  }

  private static final class OfRecord implements Decoder {
    @Nullable RecordReader reader;

    @Override
    @SuppressWarnings("NullAway") // set before the decoder gets out of its builder
    public Object read(ByteReader in) {
      return reader.read(in);
    }
  }

  private static final class Resolving implements RecordReader {

    private final MethodHandle spreader;
    private final int[] targets;
    private final Decoder[] decoders;
    private final boolean[] nullable;
    private final Supplier<@Nullable Object>[] defaults;

    Resolving(
        MethodHandle spreader,
        int[] targets,
        Decoder[] decoders,
        boolean[] nullable,
        Supplier<@Nullable Object>[] defaults) {
      this.spreader = spreader;
      this.targets = targets;
      this.decoders = decoders;
      this.nullable = nullable;
      this.defaults = defaults;
    }

    @Override
    public Object read(ByteReader in) {
      @Nullable Object[] components = new Object[defaults.length];
      if (targets.length == 0) {
        in.readByte();
      }
      for (int i = 0; i < targets.length; i++) {
        Object value = nullable[i] ? decoders[i].readSlot(in) : decoders[i].read(in);
        if (targets[i] >= 0) {
          components[targets[i]] = value;
        }
      }
      for (int i = 0; i < components.length; i++) {
        if (components[i] == null) {
          components[i] = defaults[i].get();
        }
      }
      try {
        return (Object) spreader.invokeExact(components);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw Moulds.undeclared(e);
      }
    }
  }

  private static final class OfUnion implements PrefixedDecoder {
    final Class<?> type;
    final Schema.UnionOf written;
    final @Nullable Decoder[] decoders;

    OfUnion(Class<?> type, Schema.UnionOf written) {
      this.type = type;
      this.written = written;
      this.decoders = new Decoder[written.cases().size()];
    }

    @Override
    public Object read(int prefix, ByteReader in) {
      if (prefix < 0 || prefix >= decoders.length) {
        throw new MalformedBytesException(
            "Cannot read a " + type.getName() + ": no subtype has number " + prefix);
      }
      Decoder decoder = decoders[prefix];
      if (decoder == null) {
        throw new IncompatibleJobException(
            "Cannot read a stored "
                + type.getName()
                + ": its subtype "
                + written.cases().get(prefix).name()
                + " does not exist any more. Keep it while values of it are stored");
      }
      return decoder.read(in);
    }
  }

  private static final class OfEnum implements PrefixedDecoder {

    private final Class<?> type;
    private final List<String> names;
    private final @Nullable Object[] constants;

    OfEnum(Class<?> type, List<String> names, @Nullable Object[] constants) {
      this.type = type;
      this.names = names;
      this.constants = constants;
    }

    static OfEnum of(Class<?> type, List<String> writtenNames) {
      Map<String, Object> byName = new HashMap<>();
      for (Object constant : type.getEnumConstants()) {
        byName.put(((Enum<?>) constant).name(), constant);
      }
      @Nullable Object[] constants = new Object[writtenNames.size()];
      Arrays.setAll(constants, i -> byName.get(writtenNames.get(i)));
      return new OfEnum(type, writtenNames, constants);
    }

    @Override
    public Object read(int prefix, ByteReader in) {
      if (prefix < 0 || prefix >= constants.length) {
        throw new MalformedBytesException(
            "Cannot read a " + type.getName() + ": no constant has number " + prefix);
      }
      Object constant = constants[prefix];
      if (constant == null) {
        throw new IncompatibleJobException(
            "Cannot read a stored "
                + type.getName()
                + ": its constant "
                + names.get(prefix)
                + " does not exist any more. Keep it while values of it are stored");
      }
      return constant;
    }
  }

  private record Converting(Decoder decoder, Function<Object, Object> conversion)
      implements Decoder {
    @Override
    public Object read(ByteReader in) {
      return conversion.apply(decoder.read(in));
    }

    @Override
    public @Nullable Object readSlot(ByteReader in) {
      Object value = decoder.readSlot(in);
      return value == null ? null : conversion.apply(value);
    }
  }

  private record OfOptional(Decoder element) implements PrefixedDecoder {
    @Override
    public Object read(int prefix, ByteReader in) {
      return Primitives.toBoolean(prefix) ? Optional.of(element.read(in)) : Optional.empty();
    }
  }

  private record OfCollection(IntFunction<Collection<Object>> factory, Decoder element)
      implements PrefixedDecoder {
    @Override
    @SuppressWarnings("NullAway") // a collection with nulls was written with nulls
    public Object read(int prefix, ByteReader in) {
      int count = checkedCount(prefix, in);
      Collection<Object> made = factory.apply(count);
      for (int i = 0; i < count; i++) {
        made.add((prefix & 1) == 1 ? element.readSlot(in) : element.read(in));
      }
      return made;
    }
  }

  private record OfMap(
      IntFunction<Map<Object, @Nullable Object>> factory, Decoder key, Decoder value)
      implements PrefixedDecoder {
    @Override
    @SuppressWarnings("NullAway") // a map with nulls was written with nulls
    public Object read(int prefix, ByteReader in) {
      int count = checkedCount(prefix, in);
      Map<Object, @Nullable Object> made = factory.apply(count);
      for (int i = 0; i < count; i++) {
        if ((prefix & 1) == 1) {
          made.put(key.readSlot(in), value.readSlot(in));
        } else {
          made.put(key.read(in), value.read(in));
        }
      }
      return made;
    }
  }

  /** The decoders that skip the values of components that do not exist any more. */
  private static final class Skippers {

    private static final Object NOTHING = new Object();

    private final Schema written;
    private final Map<Integer, Decoder> definitions = new HashMap<>();

    Skippers(Schema written) {
      this.written = written;
    }

    Decoder skipper(Schema.Node node) {
      if (node instanceof Schema.Scalar scalar) {
        return scalar.kind() == ScalarKind.JSON
            ? ScalarKind.BYTES.decoder()
            : scalar.kind().decoder();
      } else if (node instanceof Schema.Enumeration) {
        return (PrefixedDecoder) (prefix, in) -> NOTHING;
      } else if (node instanceof Schema.Sequence sequence) {
        Decoder element = skipper(sequence.element());
        return (PrefixedDecoder) (prefix, in) -> skip(prefix, in, element, null);
      } else if (node instanceof Schema.Mapping mapping) {
        Decoder key = skipper(mapping.key());
        Decoder value = skipper(mapping.value());
        return (PrefixedDecoder) (prefix, in) -> skip(prefix, in, key, value);
      } else if (node instanceof Schema.Maybe maybe) {
        return new OfOptional(skipper(maybe.element()));
      }
      return definition(((Schema.Reference) node).index());
    }

    private static Object skip(int prefix, ByteReader in, Decoder first, @Nullable Decoder second) {
      int count = checkedCount(prefix, in);
      for (int i = 0; i < count; i++) {
        elementOrZero(first, prefix, in, null);
        if (second != null) {
          elementOrZero(second, prefix, in, null);
        }
      }
      return NOTHING;
    }

    private Decoder definition(int index) {
      Decoder known = definitions.get(index);
      if (known != null) {
        return known;
      }
      if (written.definitions().get(index) instanceof Schema.RecordOf record) {
        OfRecord skipper = new OfRecord();
        definitions.put(index, skipper);
        List<Schema.Component> components = record.components();
        List<Decoder> decoders = components.stream().map(c -> skipper(c.node())).toList();
        skipper.reader =
            in -> {
              if (components.isEmpty()) {
                in.readByte();
              }
              for (int i = 0; i < decoders.size(); i++) {
                if (components.get(i).nullable()) {
                  decoders.get(i).readSlot(in);
                } else {
                  decoders.get(i).read(in);
                }
              }
              return NOTHING;
            };
        return skipper;
      }
      Schema.UnionOf union = (Schema.UnionOf) written.definitions().get(index);
      OfUnion skipper = new OfUnion(Objects.class, union);
      definitions.put(index, skipper);
      for (int i = 0; i < skipper.decoders.length; i++) {
        skipper.decoders[i] = skipper(union.cases().get(i).node());
      }
      return skipper;
    }
  }
}
