package dev.millrace.sidebyside.flink;

import dev.millrace.sidebyside.nexmark.EventJson;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.jspecify.annotations.Nullable;

/** Reads values from JSON. */
final class JsonSchema<T> extends AbstractDeserializationSchema<T> {

  private static final long serialVersionUID = 1L;

  private final Class<T> type;
  private transient @Nullable EventJson<T> json;

  JsonSchema(Class<T> type) {
    super(type);
    this.type = type;
  }

  @Override
  public void open(InitializationContext context) {
    json = new EventJson<>(type);
  }

  @Override
  public T deserialize(byte[] bytes) {
    EventJson<T> opened = json;
    if (opened == null) {
      throw new IllegalStateException("not open");
    }
    return opened.decode(bytes);
  }
}
