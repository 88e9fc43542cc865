package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Type;

/**
 * Values as JSON text, for types the binary codec does not know. All of them share one schema id,
 * since JSON text contains the names of its fields.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class JsonValueCodec<T> implements ValueCodec<T> {

  static final int SCHEMA_ID = Schema.JSON.id();

  private final Type type;
  private final SchemaBook book;
  private final JsonEncoder<T> encoder;
  private final JsonDecoder<T> decoder;

  JsonValueCodec(Type type, SchemaBook book) {
    this.type = type;
    this.book = book;
    this.encoder = JsonCodec.internalEncoder(type);
    this.decoder = JsonCodec.internalDecoder(type);
    book.register(SCHEMA_ID, Schema.JSON.toBytes());
  }

  @Override
  public int schemaId() {
    return SCHEMA_ID;
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
    if (writerSchemaId == SCHEMA_ID) {
      return this;
    }
    throw new IncompatibleJobException(
        "Cannot read stored values: they were written as "
            + lookup(book, writerSchemaId, type)
            + " and "
            + Types.name(type)
            + " is read as JSON now. Keep the record, or reset the job's state");
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
