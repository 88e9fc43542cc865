package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.internal.codec.json.JsonEncoder;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Type;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Values as JSON text, for types the binary codec does not know. Such text contains the names of
 * its properties, so the text of every schema is read in one way; that nothing of it gets lost is
 * checked once for each schema.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class JsonValueCodec<T> implements ValueCodec<T> {

  private final Type type;
  private final TypeModel.Json json;
  private final SchemaBook book;
  private final int schemaId;
  private final JsonEncoder<T> encoder;
  private final JsonDecoder<T> decoder;
  private final Set<Integer> readable = ConcurrentHashMap.newKeySet();

  JsonValueCodec(Type type, TypeModel model, TypeModel.Json json, SchemaBook book) {
    this.type = type;
    this.json = json;
    this.book = book;
    this.encoder = JsonCodec.internalEncoder(type);
    this.decoder = JsonCodec.internalDecoder(type);
    Schema schema = model.schema();
    this.schemaId = schema.id();
    book.register(schemaId, schema.toBytes());
    readable.add(schemaId);
  }

  @Override
  public int schemaId() {
    return schemaId;
  }

  @Override
  public void encode(T value, ByteWriter out) {
    encoder.encode(value, out);
  }

  @Override
  public T decode(byte[] bytes, int offset, int length) {
    return decoder.decode(bytes, offset, length);
  }

  @Override
  public ValueCodec<T> writtenBy(int writerSchemaId) {
    if (!readable.contains(writerSchemaId)) {
      check(writerSchemaId);
      readable.add(writerSchemaId);
    }
    return this;
  }

  private void check(int writerSchemaId) {
    Schema written = lookup(book, writerSchemaId, type);
    if (!(written.root() instanceof Schema.Json was)) {
      throw new IncompatibleJobException(
          "Cannot read stored values: they were written as "
              + written
              + " and "
              + Types.name(type)
              + " is read as JSON now. "
              + (written.root() instanceof Schema.BySerde
                  ? "Name its serde again"
                  : "Keep the record")
              + ", or reset the job's state");
    }
    JsonResolution.check(json.text(), was.text(), Types.name(type));
  }

  /** {@return the schema of values that are to be read as {@code type}} */
  static Schema lookup(SchemaBook book, int schemaId, Type type) {
    byte[] description = book.lookup(schemaId);
    if (description == null) {
      throw new IncompatibleJobException(
          String.format(
              "Cannot read stored values of %s: their schema is unknown (0x%08x). Check that the"
                  + " job's meta topic is complete",
              Types.name(type), schemaId));
    }
    try {
      return Schema.parse(description);
    } catch (MalformedBytesException e) {
      throw new IncompatibleJobException(
          String.format(
              "Cannot read stored values of %s: their schema is damaged or of a newer version"
                  + " (0x%08x). Check the job's meta topic",
              Types.name(type), schemaId),
          e);
    }
  }
}
