package dev.millrace.sidebyside.nexmark;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Values as JSON, for engines that do not bring their own.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param <T> the values
 */
public final class EventJson<T> {

  private final ObjectReader reader;
  private final ObjectWriter writer;

  /** Creates a codec for values of a class. */
  public EventJson(Class<T> type) {
    ObjectMapper mapper =
        new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
    this.reader = mapper.readerFor(type);
    this.writer = mapper.writerFor(type);
  }

  /** {@return the value of bytes} */
  public T decode(byte[] json) {
    try {
      return reader.readValue(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the bytes of a value} */
  public byte[] encode(T value) {
    try {
      return writer.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
