package dev.millrace.internal.codec.json;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.codec.object.Containers;
import dev.millrace.internal.codec.object.RecordWriter;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectWriter;

/**
 * The encoder of values of one type as JSON text in UTF-8, on one line.
 *
 * <p>Plain records are written directly; whatever is unusual is left to the JSON library, and both
 * give the same bytes.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class JsonEncoder<T> {

  private final Type type;
  private final ObjectWriter general;
  private final @Nullable RecordWriter fast;

  /** Null where it does not matter what is left out. */
  private final @Nullable Subclasses subclasses;

  JsonEncoder(Type type, ObjectWriter general) {
    this(type, general, null);
  }

  JsonEncoder(Type type, ObjectWriter general, @Nullable Subclasses subclasses) {
    this.type = type;
    this.general = general;
    this.fast = JsonRecordWriters.of(type);
    this.subclasses = subclasses;
  }

  /** {@return the JSON text of a value} */
  public byte[] encode(T value) {
    if (fast == null) {
      return encodeGeneral(value);
    }
    ByteWriter out = new ByteWriter();
    encode(value, out);
    return out.toByteArray();
  }

  /**
   * Appends the JSON text of a value.
   *
   * @throws MillraceException if the value has no JSON text
   */
  public void encode(T value, ByteWriter out) {
    if (fast != null) {
      int mark = out.size();
      try {
        fast.write(value, out);
        return;
      } catch (JsonRecordWriters.Unusual e) {
        out.truncate(mark);
      }
    }
    out.writeBytes(encodeGeneral(value));
  }

  /** The path without shortcuts; tests compare the other one with it. */
  byte[] encodeGeneral(T value) {
    if (subclasses != null) {
      Containers.checkOrder(value);
      subclasses.check(value);
    }
    try {
      return general.writeValueAsBytes(value);
    } catch (JacksonException e) {
      throw new MillraceException(
          "Cannot encode a "
              + Types.name(type)
              + " as JSON: "
              + JsonErrors.cleaned(e)
              + ". Change the value or its type",
          e);
    }
  }
}
