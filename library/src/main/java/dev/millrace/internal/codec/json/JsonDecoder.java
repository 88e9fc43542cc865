package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.object.StoredRefusal;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * The decoder of JSON text to values of one type.
 *
 * <p>Plain records are read by a scanner of our own as long as the text is plain too; whatever it
 * does not recognize, errors included, is read again by the JSON library, so that the library alone
 * decides about everything unusual.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class JsonDecoder<T> {

  private final Type type;
  private final boolean isStored;
  private final ObjectReader general;
  private final @Nullable JsonRecordReader fast;

  JsonDecoder(Type type, JsonRules rules) {
    this.type = type;
    this.isStored = rules.isStored();
    JsonMapper mapper = JsonCodec.mapper(rules);
    this.general = mapper.readerFor(mapper.constructType(type));
    this.fast = JsonRecordReader.of(type, rules);
  }

  /** {@return the value; see {@link #decode(byte[], int, int)}} */
  public T decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length);
  }

  /**
   * {@return the value whose JSON text is in the slice}
   *
   * @throws MalformedBytesException if it is no JSON, no value of the type, or null; the cause is
   *     what the type's own constructor threw, if that refused the value
   * @throws dev.millrace.error.IncompatibleJobException if it is stored text with a property that
   *     the type does not have any more, or that the type's own constructor refuses
   */
  public T decode(byte[] bytes, int offset, int length) {
    Object value = fast == null ? null : fast.read(bytes, offset, length);
    if (value == null) {
      value = decodeGeneral(bytes, offset, length);
    }
    @SuppressWarnings("unchecked") // both ways make T
    T typed = (T) value;
    return typed;
  }

  /** The path without shortcuts; tests compare the other one with it. */
  Object decodeGeneral(byte[] bytes, int offset, int length) {
    Object value;
    try {
      value = general.readValue(bytes, offset, length);
    } catch (FormerProperties.Refusal e) {
      throw new JsonErrors(type, bytes, offset, length).incompatible(e);
    } catch (JacksonException e) {
      throw refused(new JsonErrors(type, bytes, offset, length).malformed(e));
    } catch (StackOverflowError e) {
      throw new JsonErrors(type, bytes, offset, length).malformed("it is nested too deeply");
    }
    if (value == null) {
      throw new JsonErrors(type, bytes, offset, length).malformed("it is null");
    }
    return value;
  }

  private RuntimeException refused(MalformedBytesException e) {
    Throwable cause = e.getCause();
    return isStored && cause != null && !(cause instanceof DateTimeException)
        ? StoredRefusal.of(type, cause)
        : e;
  }
}
