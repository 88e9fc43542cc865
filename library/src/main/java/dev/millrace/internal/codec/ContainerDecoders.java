package dev.millrace.internal.codec;

import dev.millrace.internal.codec.object.Containers;
import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The decoders of optionals, arrays, collections and maps.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ContainerDecoders {

  private ContainerDecoders() {}

  /** {@return the decoder of an array} */
  static Decoder array(Class<?> component, Decoder element) {
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

  static @Nullable Object elementOrZero(
      Decoder element, int prefix, ByteReader in, @Nullable Object zero) {
    Object value = (prefix & 1) == 1 ? element.readSlot(in) : element.read(in);
    return value == null ? zero : value;
  }

  /**
   * Every element takes a byte at least, so a count can be checked before anything is allocated.
   */
  static int checkedCount(int prefix, ByteReader in) {
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

  record OfOptional(Decoder element) implements PrefixedDecoder {
    @Override
    public Object read(int prefix, ByteReader in) {
      return Primitives.toBoolean(prefix) ? Optional.of(element.read(in)) : Optional.empty();
    }
  }

  record OfCollection(IntFunction<Collection<Object>> factory, Decoder element)
      implements PrefixedDecoder {
    @Override
    @SuppressWarnings("NullAway") // a collection with nulls was written with nulls
    public Object read(int prefix, ByteReader in) {
      int count = checkedCount(prefix, in);
      Collection<Object> made = factory.apply(count);
      if ((prefix & 1) == 1) {
        made = Containers.withNulls(made);
      }
      for (int i = 0; i < count; i++) {
        made.add((prefix & 1) == 1 ? element.readSlot(in) : element.read(in));
      }
      return made;
    }
  }

  record OfMap(IntFunction<Map<Object, @Nullable Object>> factory, Decoder key, Decoder value)
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
}
