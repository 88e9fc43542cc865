package dev.millrace.internal.codec;

import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.RecordReader;
import dev.millrace.internal.util.ByteReader;
import java.lang.invoke.MethodHandle;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reader of a record that was written under an older schema: components go to their present
 * places, and what was not written is its default.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class ResolvingReader implements RecordReader {

  private final MethodHandle spreader;
  private final int[] targets;
  private final Decoder[] decoders;
  private final boolean[] nullable;
  private final Supplier<@Nullable Object>[] defaults;

  ResolvingReader(
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
