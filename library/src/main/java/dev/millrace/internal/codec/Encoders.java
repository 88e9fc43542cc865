package dev.millrace.internal.codec;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonEncoder;
import dev.millrace.internal.codec.object.Containers;
import dev.millrace.internal.codec.object.LinkedRecordWriter;
import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.codec.object.RecordAccess;
import dev.millrace.internal.codec.object.RecordWriter;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The builder of the encoder of a {@link TypeModel}.
 *
 * <p><b>Threads.</b> Confined to the thread that builds; what it builds is safe for any thread, as
 * far as the serdes in it are.
 */
final class Encoders {

  private static final MethodHandle WRITE_SLOT;

  static {
    try {
      WRITE_SLOT =
          MethodHandles.lookup()
              .findVirtual(
                  Encoder.class,
                  "writeSlot",
                  MethodType.methodType(void.class, Object.class, ByteWriter.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final TypeModel model;
  private final Function<Type, TypeSerde> serdes;
  private final @Nullable Encoder[] definitions;

  /** The definitions whose parts are being looked at. */
  private final boolean[] open;

  private Encoders(TypeModel model, Function<Type, TypeSerde> serdes) {
    this.model = model;
    this.serdes = serdes;
    this.definitions = new Encoder[model.definitions().size()];
    this.open = new boolean[definitions.length];
  }

  static Encoder of(TypeModel model, Function<Type, TypeSerde> serdes) {
    return new Encoders(model, serdes).encoder(model.root());
  }

  private Encoder encoder(TypeModel.Node node) {
    if (node instanceof TypeModel.Scalar scalar) {
      return scalar.kind().encoder();
    } else if (node instanceof TypeModel.Enumeration) {
      return (PrefixedEncoder) Encoders::writeEnum;
    } else if (node instanceof TypeModel.CollectionOf collection) {
      OfCollection encoder = new OfCollection(encoder(collection.element()));
      return collection.type() == Queue.class ? new OfQueue(encoder) : encoder;
    } else if (node instanceof TypeModel.ArrayOf array) {
      return array(array.component(), encoder(array.element()));
    } else if (node instanceof TypeModel.MapOf map) {
      return new OfMap(encoder(map.key()), encoder(map.value()));
    } else if (node instanceof TypeModel.OptionalOf optional) {
      return new OfOptional(encoder(optional.element()));
    } else if (node instanceof TypeModel.Json json) {
      JsonEncoder<Object> encoder = JsonCodec.internalEncoder(json.type());
      return new OfBytes(encoder::encode);
    } else if (node instanceof TypeModel.BySerde bySerde) {
      return new OfBytes(serdes.apply(bySerde.type())::toBytes);
    }
    return definition(((TypeModel.Reference) node).index());
  }

  @SuppressWarnings("EnumOrdinal") // the schema lists the names by ordinal
  private static void writeEnum(Object value, int bias, ByteWriter out) {
    out.writeVarint(((Enum<?>) value).ordinal() + bias);
  }

  private Encoder definition(int index) {
    Encoder known = definitions[index];
    if (known != null) {
      // It contains itself: values may be nested to any depth.
      return open[index] ? new Nested(known, model.definitions().get(index).type()) : known;
    }
    open[index] = true;
    Encoder made = made(index);
    open[index] = false;
    return made;
  }

  private Encoder made(int index) {
    TypeModel.Definition definition = model.definitions().get(index);
    if (definition instanceof TypeModel.RecordOf record) {
      OfRecord encoder = new OfRecord();
      definitions[index] = encoder; // before its components, which may refer to it
      encoder.writer = writer(record);
      return encoder;
    }
    TypeModel.UnionOf union = (TypeModel.UnionOf) definition;
    OfUnion encoder = new OfUnion(union);
    definitions[index] = encoder;
    for (int i = 0; i < encoder.encoders.length; i++) {
      encoder.encoders[i] = encoder(union.cases().get(i).node());
    }
    return encoder;
  }

  private RecordWriter writer(TypeModel.RecordOf record) {
    List<TypeModel.Component> components = record.components();
    if (components.isEmpty()) {
      return (value, out) -> out.writeByte(0);
    }
    RecordAccess access = RecordAccess.of(record.type());
    MethodHandle[] steps = new MethodHandle[components.size()];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = step(access, i, components.get(i));
    }
    if (steps.length > Moulds.LINK_LIMIT) {
      return new SteppedWriter(steps);
    }
    MethodHandle all = steps[steps.length - 1];
    for (int i = steps.length - 2; i >= 0; i--) {
      all = MethodHandles.foldArguments(all, steps[i]);
    }
    return Moulds.cast(LinkedRecordWriter.class, all);
  }

  /** {@return (Object, ByteWriter) to void: reads one component and writes it} */
  private MethodHandle step(RecordAccess access, int index, TypeModel.Component component) {
    MethodHandle accessor = access.accessor(index);
    Class<?> type = component.type();
    if (type.isPrimitive()) {
      return MethodHandles.filterArguments(Primitives.writer(type), 0, accessor);
    }
    return MethodHandles.filterArguments(
        WRITE_SLOT.bindTo(encoder(component.node())),
        0,
        accessor.asType(accessor.type().changeReturnType(Object.class)));
  }

  private static Encoder array(Class<?> component, Encoder element) {
    if (component == long.class) {
      return (PrefixedEncoder)
          (value, bias, out) -> {
            long[] array = (long[]) value;
            writeCount(array.length, 0, bias, out);
            for (long each : array) {
              out.writeZigzag(each);
            }
          };
    } else if (component == int.class) {
      return (PrefixedEncoder)
          (value, bias, out) -> {
            int[] array = (int[]) value;
            writeCount(array.length, 0, bias, out);
            for (int each : array) {
              out.writeZigzag(each);
            }
          };
    } else if (component == double.class) {
      return (PrefixedEncoder)
          (value, bias, out) -> {
            double[] array = (double[]) value;
            writeCount(array.length, 0, bias, out);
            for (double each : array) {
              out.writeDouble(each);
            }
          };
    } else if (component.isPrimitive()) {
      return (PrefixedEncoder)
          (value, bias, out) -> {
            int length = Array.getLength(value);
            writeCount(length, 0, bias, out);
            for (int i = 0; i < length; i++) {
              element.write(Array.get(value, i), out);
            }
          };
    }
    OfCollection asList = new OfCollection(element);
    return (PrefixedEncoder)
        (value, bias, out) -> asList.write(Arrays.asList((Object[]) value), bias, out);
  }

  /** The head of a sequence or map: count and whether its elements are slots. */
  private static void writeCount(int count, int nulls, int bias, ByteWriter out) {
    if (count >= 1 << 30) {
      throw new IllegalArgumentException(
          "Cannot encode a collection: it has too many elements (" + count + ")");
    }
    out.writeVarint((count << 1 | nulls) + bias);
  }

  private static int anyNull(Collection<?> elements) {
    for (Object element : elements) {
      if (element == null) {
        return 1;
      }
    }
    return 0;
  }

  private static final class OfRecord implements Encoder {
    @Nullable RecordWriter writer;

    @Override
    @SuppressWarnings("NullAway") // set before the encoder gets out of its builder
    public void write(Object value, ByteWriter out) {
      writer.write(value, out);
    }
  }

  private static final class SteppedWriter implements RecordWriter {

    private final MethodHandle[] steps;

    SteppedWriter(MethodHandle[] steps) {
      this.steps = steps;
    }

    @Override
    public void write(Object record, ByteWriter out) {
      try {
        for (MethodHandle step : steps) {
          step.invokeExact(record, out);
        }
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw Moulds.undeclared(e);
      }
    }
  }

  private static final class OfUnion implements PrefixedEncoder {
    final Class<?> type;
    final Class<?>[] classes;
    final Encoder[] encoders;

    OfUnion(TypeModel.UnionOf union) {
      type = union.type();
      classes = union.cases().stream().map(TypeModel.Case::type).toArray(Class<?>[]::new);
      encoders = new Encoder[classes.length];
    }

    @Override
    public void write(Object value, int bias, ByteWriter out) {
      Class<?> actual = value instanceof Enum<?> e ? e.getDeclaringClass() : value.getClass();
      for (int i = 0; i < classes.length; i++) {
        if (classes[i] == actual) {
          out.writeVarint(i + bias);
          encoders[i].write(value, out);
          return;
        }
      }
      throw new IllegalArgumentException(
          "Cannot encode a " + type.getName() + ": unknown subtype " + actual.getName());
    }
  }

  /**
   * A value of a type inside of another value of the same type. What code that is compiled writes
   * with small frames, a JVM that has just started must be able to read with large ones: so the
   * depth has a limit of its own, that of the JSON library.
   */
  private record Nested(Encoder encoder, Class<?> type) implements Encoder {

    private static final int DEPTH_LIMIT = 500;
    private static final ThreadLocal<int[]> DEPTH = ThreadLocal.withInitial(() -> new int[1]);

    @Override
    public void write(Object value, ByteWriter out) {
      int[] depth = enter();
      try {
        encoder.write(value, out);
      } finally {
        depth[0]--;
      }
    }

    @Override
    public void writeSlot(@Nullable Object value, ByteWriter out) {
      if (value == null) {
        encoder.writeSlot(null, out);
        return;
      }
      int[] depth = enter();
      try {
        encoder.writeSlot(value, out);
      } finally {
        depth[0]--;
      }
    }

    private int[] enter() {
      int[] depth = DEPTH.get();
      if (depth[0] >= DEPTH_LIMIT) {
        throw new MillraceException(
            "Cannot encode a "
                + Types.name(type)
                + ": it is nested too deeply (more than "
                + DEPTH_LIMIT
                + " of them in one another). Flatten the type");
      }
      depth[0]++;
      return depth;
    }
  }

  /** Bytes after their length. */
  private record OfBytes(Function<Object, byte[]> form) implements PrefixedEncoder {
    @Override
    public void write(Object value, int bias, ByteWriter out) {
      byte[] bytes = form.apply(value);
      out.writeVarint(bytes.length + bias);
      out.writeBytes(bytes);
    }
  }

  private record OfOptional(Encoder element) implements PrefixedEncoder {
    @Override
    public void write(Object value, int bias, ByteWriter out) {
      Optional<?> optional = (Optional<?>) value;
      out.writeVarint((optional.isPresent() ? 1 : 0) + bias);
      if (optional.isPresent()) {
        element.write(optional.get(), out);
      }
    }
  }

  private record OfCollection(Encoder element) implements PrefixedEncoder {
    @Override
    public void write(Object value, int bias, ByteWriter out) {
      Containers.checkOrder(value);
      Collection<?> elements = value instanceof Collection<?> c ? c : listOf((Iterable<?>) value);
      int nulls = anyNull(elements);
      writeCount(elements.size(), nulls, bias, out);
      for (Object each : elements) {
        if (nulls == 1) {
          element.writeSlot(each, out);
        } else {
          element.write(each, out);
        }
      }
    }

    private static Collection<?> listOf(Iterable<?> elements) {
      List<Object> list = new ArrayList<>();
      elements.forEach(list::add);
      return list;
    }
  }

  private record OfQueue(OfCollection elements) implements PrefixedEncoder {
    @Override
    public void write(Object value, int bias, ByteWriter out) {
      Containers.checkQueue(value);
      elements.write(value, bias, out);
    }
  }

  private record OfMap(Encoder key, Encoder value) implements PrefixedEncoder {
    @Override
    public void write(Object map, int bias, ByteWriter out) {
      Containers.checkOrder(map);
      Map<?, ?> entries = (Map<?, ?>) map;
      int nulls = anyNull(entries.keySet()) | anyNull(entries.values());
      writeCount(entries.size(), nulls, bias, out);
      for (Map.Entry<?, ?> each : entries.entrySet()) {
        if (nulls == 1) {
          key.writeSlot(each.getKey(), out);
          value.writeSlot(each.getValue(), out);
        } else {
          key.write(each.getKey(), out);
          value.write(each.getValue(), out);
        }
      }
    }
  }
}
