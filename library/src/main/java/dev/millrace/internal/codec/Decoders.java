package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.internal.codec.object.Containers;
import dev.millrace.internal.codec.object.LinkedRecordReader;
import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.codec.object.RecordAccess;
import dev.millrace.internal.codec.object.RecordReader;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The builder of the decoder of a {@link TypeModel} for values written under a {@link Schema}, its
 * own or an older one. Records are matched by component name, sealed types by the subtype's simple
 * name, enums by the constant's name; whole numbers may have become wider.
 *
 * <p><b>Threads.</b> Confined to the thread that builds; what it builds is safe for any thread, as
 * far as the serdes in it are.
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
  private final Function<Type, TypeSerde> serdes;
  private final boolean isOwnSchema;
  private final Map<Long, Decoder> definitions = new HashMap<>();

  private Decoders(TypeModel model, Schema written, Function<Type, TypeSerde> serdes) {
    this.model = model;
    this.written = written;
    this.serdes = serdes;
    this.isOwnSchema = written.equals(model.schema());
  }

  /**
   * {@return the decoder}
   *
   * @throws IncompatibleJobException if the schema does not fit the type
   */
  static Decoder of(TypeModel model, Schema written, Function<Type, TypeSerde> serdes) {
    Decoders decoders = new Decoders(model, written, serdes);
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
      return new ContainerDecoders.OfCollection(
          Containers.collection(collection.type()),
          decoder(collection.element(), was.element(), path + "[]"));
    } else if (node instanceof TypeModel.ArrayOf array && from instanceof Schema.Sequence was) {
      return ContainerDecoders.array(
          array.component(), decoder(array.element(), was.element(), path + "[]"));
    } else if (node instanceof TypeModel.MapOf map && from instanceof Schema.Mapping was) {
      return new ContainerDecoders.OfMap(
          Containers.map(map.type()),
          decoder(map.key(), was.key(), path + ".key"),
          decoder(map.value(), was.value(), path + ".value"));
    } else if (node instanceof TypeModel.OptionalOf optional && from instanceof Schema.Maybe was) {
      return new ContainerDecoders.OfOptional(decoder(optional.element(), was.element(), path));
    } else if (node instanceof TypeModel.Json json && from instanceof Schema.Json was) {
      JsonResolution.check(json.text(), was.text(), path);
      JsonDecoder<Object> decoder = JsonCodec.internalDecoder(json.type());
      return (PrefixedDecoder) (length, in) -> decoder.decode(in.array(), in.skip(length), length);
    } else if (node instanceof TypeModel.BySerde bySerde
        && from.equals(TypeModel.schema(bySerde))) {
      TypeSerde serde = serdes.apply(bySerde.type());
      return (PrefixedDecoder) (length, in) -> serde.fromBytes(in.readBytes(length));
    } else if (node instanceof TypeModel.Reference reference
        && from instanceof Schema.Reference was) {
      return definition(reference.index(), was.index(), path);
    }
    throw mismatch(path, from, node);
  }

  private Decoder scalar(ScalarKind kind, ScalarKind was, String path) {
    if (kind == was) {
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
    if (isOwnSchema && access.size() > 0 && access.size() <= Moulds.LINK_LIMIT) {
      return linked(access, record.components(), from, path);
    }
    Map<String, Integer> positions = record.positions(from);
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
        record.checkDropped(each.name(), path);
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
    return new ResolvingReader(access.spreader(), targets, decoders, nullable, defaults);
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
            + " now. "
            + remedy(from, node)
            + ", or reset the job's state");
  }

  private static String remedy(Schema.Node from, TypeModel.Node node) {
    if (from instanceof Schema.BySerde was) {
      return "Only that serde can read it: name it again for " + was.type();
    } else if (node instanceof TypeModel.BySerde serde) {
      return "A serde cannot read what it did not write: leave "
          + SerdeTypes.reference(serde.type())
          + " out";
    }
    return "Give the new component another name";
  }

  private String describe(TypeModel.Node node) {
    return new TypeModel(model.definitions(), node).schema().toString();
  }

  /** A record, whose reader may contain it. */
  static final class OfRecord implements Decoder {
    @Nullable RecordReader reader;

    @Override
    @SuppressWarnings("NullAway") // set before the decoder gets out of its builder
    public Object read(ByteReader in) {
      return reader.read(in);
    }
  }

  /** A sealed type, by the number of its case. */
  static final class OfUnion implements PrefixedDecoder {
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
}
