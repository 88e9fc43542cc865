package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.object.StoredRefusal;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The compact codec of one type, with the decoders of all schemas the type ever had.
 *
 * <p><b>Threads.</b> Safe for any thread, as far as its serdes are.
 */
final class BinaryValueCodec<T> implements ValueCodec<T> {

  /** Stands for the serdes of a codec that nobody encodes or decodes with. */
  private static final TypeSerde NOT_OPEN =
      new TypeSerde() {
        @Override
        public byte[] toBytes(Object value) {
          throw notOpen();
        }

        @Override
        public Object fromBytes(byte[] bytes) {
          throw notOpen();
        }

        private static NotOpenException notOpen() {
          return new NotOpenException();
        }
      };

  /** The exception for a codec that nobody has given its serdes. */
  private static final class NotOpenException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NotOpenException() {
      super("Cannot use a codec with serdes before they are open");
    }
  }

  private final Type type;
  private final TypeModel model;
  private final SchemaBook book;
  private final Function<Type, TypeSerde> serdes;
  private final int schemaId;
  private final Encoder encoder;
  private final Decoder decoder;
  private final Map<Integer, ValueCodec<T>> writers = new ConcurrentHashMap<>();

  /** Creates the codec, without serdes: values of types that have some cannot be encoded yet. */
  BinaryValueCodec(Type type, TypeModel model, SchemaBook book) {
    this(type, model, book, each -> NOT_OPEN);
    book.register(schemaId, model.schema().toBytes());
  }

  private BinaryValueCodec(
      Type type, TypeModel model, SchemaBook book, Function<Type, TypeSerde> serdes) {
    this.type = type;
    this.model = model;
    this.book = book;
    this.serdes = serdes;
    Schema schema = model.schema();
    this.schemaId = schema.id();
    this.encoder = Encoders.of(model, serdes);
    this.decoder = Decoders.of(model, schema, serdes);
  }

  @Override
  public boolean usesSerdes() {
    return model.firstBySerde().isPresent();
  }

  @Override
  public ValueCodec<T> with(Function<Type, TypeSerde> opened) {
    return usesSerdes() ? new BinaryValueCodec<>(type, model, book, opened) : this;
  }

  @Override
  public int schemaId() {
    return schemaId;
  }

  @Override
  public void encode(T value, ByteWriter out) {
    try {
      encoder.write(value, out);
    } catch (StackOverflowError e) {
      throw new MillraceException(
          "Cannot encode a " + Types.name(type) + ": it is nested too deeply. Flatten the type", e);
    }
  }

  @Override
  public T decode(byte[] bytes, int offset, int length) {
    return decode(decoder, bytes, offset, length);
  }

  private T decode(Decoder with, byte[] bytes, int offset, int length) {
    ByteReader in = new ByteReader(bytes, offset, length);
    Object value;
    try {
      value = with.read(in);
    } catch (DateTimeException | ArithmeticException | StackOverflowError e) {
      throw malformed(e.toString());
    } catch (MalformedBytesException | MillraceException | NotOpenException e) {
      throw e;
    } catch (RuntimeException e) {
      throw StoredRefusal.of(type, e);
    }
    if (in.remaining() > 0) {
      throw malformed(in.remaining() + " bytes are left over");
    }
    @SuppressWarnings("unchecked") // the decoder was built for T
    T typed = (T) value;
    return typed;
  }

  private MalformedBytesException malformed(String reason) {
    return new MalformedBytesException("Cannot read a " + Types.name(type) + ": " + reason);
  }

  @Override
  public ValueCodec<T> writtenBy(int writerSchemaId) {
    return writerSchemaId == schemaId
        ? this
        : writers.computeIfAbsent(writerSchemaId, this::resolve);
  }

  private ValueCodec<T> resolve(int writerSchemaId) {
    Schema written = JsonValueCodec.lookup(book, writerSchemaId, type);
    if (written.root() instanceof Schema.Json was && !(model.root() instanceof TypeModel.BySerde)) {
      JsonResolution.check(JsonOutline.of(type).model(), was.text(), Types.name(type));
      return new Resolved<>(this, JsonCodec.<T>internalDecoder(type)::decode);
    }
    try {
      Decoder resolved = Decoders.of(model, written, serdes);
      return new Resolved<>(
          this, (bytes, offset, length) -> decode(resolved, bytes, offset, length));
    } catch (IncompatibleJobException e) {
      throw new IncompatibleJobException(e.getMessage() + " (" + Types.name(type) + ")", e);
    }
  }

  interface Decode<T> {
    T decode(byte[] bytes, int offset, int length);
  }

  /** A codec that writes by its own schema and reads the values of another one. */
  record Resolved<T>(ValueCodec<T> own, Decode<T> decoder) implements ValueCodec<T> {

    @Override
    public int schemaId() {
      return own.schemaId();
    }

    @Override
    public void encode(T value, ByteWriter out) {
      own.encode(value, out);
    }

    @Override
    public T decode(byte[] bytes, int offset, int length) {
      return decoder.decode(bytes, offset, length);
    }

    @Override
    public ValueCodec<T> writtenBy(int writerSchemaId) {
      return own.writtenBy(writerSchemaId);
    }
  }
}
