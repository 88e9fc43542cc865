package dev.millrace.serde;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.function.MapFunction;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.internal.codec.json.JsonEncoder;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.internal.util.ByteWriter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Type;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Types as users have them: private, in other packages, in other class loaders. */
final class ForeignTypesTest {

  private record Hidden(String name, long number, Inner inner) {}

  private record Inner(int x, boolean flag) {}

  private record Flat(String name, double ratio) {}

  /** Loaded a second time by a loader of its own. */
  public record Plugged(String name, long number) {}

  /** Loaded a second time by a loader of its own. */
  public static final class Job implements Supplier<MapFunction<String, Plugged>> {
    @Override
    public MapFunction<String, Plugged> get() {
      return name -> new Plugged(name, 1);
    }
  }

  private static <T> byte[] bytes(ValueCodec<T> codec, T value) {
    ByteWriter out = new ByteWriter();
    codec.encode(value, out);
    return out.toByteArray();
  }

  @Test
  void privateRecordsOfOtherPackagesAreKeysAndValues() {
    Hidden hidden = new Hidden("a", 1, new Inner(2, true));
    ValueCodec<Hidden> values = ValueCodecs.forClass(Hidden.class, new InMemorySchemaBook());
    KeyCodec<Hidden> keys = KeyCodecs.forClass(Hidden.class);
    byte[] value = bytes(values, hidden);
    ByteWriter key = new ByteWriter();
    keys.encode(hidden, key);

    assertThat(values.decode(value, 0, value.length)).isEqualTo(hidden);
    assertThat(keys.decode(key.array(), 0, key.size())).isEqualTo(hidden);
  }

  @Test
  void privateRecordsOfOtherPackagesAreJson() {
    Hidden hidden = new Hidden("a", 1, new Inner(2, true));
    Flat flat = new Flat("b", 0.5);
    JsonEncoder<Hidden> deepEncoder = JsonCodec.encoder(Hidden.class);
    JsonDecoder<Hidden> deepDecoder = JsonCodec.decoder(Hidden.class);
    JsonEncoder<Flat> flatEncoder = JsonCodec.encoder(Flat.class);
    JsonDecoder<Flat> flatDecoder = JsonCodec.decoder(Flat.class);

    assertThat(deepDecoder.decode(deepEncoder.encode(hidden))).isEqualTo(hidden);
    assertThat(flatDecoder.decode(flatEncoder.encode(flat))).isEqualTo(flat);
  }

  @Test
  void typesOfAnotherClassLoaderWork() throws Exception {
    ClassLoader plugin = new PluginLoader();
    Class<?> type = plugin.loadClass(Plugged.class.getName());
    assertThat(type).isNotSameAs(Plugged.class);
    Constructor<?> constructor = type.getConstructor(String.class, long.class);
    checkRoundTrips(type, constructor.newInstance("a", 5L));

    Supplier<?> job =
        (Supplier<?>) plugin.loadClass(Job.class.getName()).getDeclaredConstructor().newInstance();
    Optional<Type> result =
        TypeInference.resultOf((MapFunction<?, ?>) job.get(), MapFunction.class, 1, String.class);
    assertThat(result).contains(type).isNotEqualTo(Optional.of(Plugged.class));
  }

  @SuppressWarnings("unchecked")
  private static <T> void checkRoundTrips(Class<?> type, T value) {
    ValueCodec<T> values = (ValueCodec<T>) ValueCodecs.forType(type, new InMemorySchemaBook());
    byte[] bytes = bytes(values, value);
    assertThat(values.decode(bytes, 0, bytes.length)).isEqualTo(value);
    byte[] json = JsonCodec.<T>encoder(type).encode(value);
    assertThat(JsonCodec.<T>decoder(type).decode(json)).isEqualTo(value);
  }

  private static final class PluginLoader extends ClassLoader {

    PluginLoader() {
      super(ForeignTypesTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(ForeignTypesTest.class.getName())) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
