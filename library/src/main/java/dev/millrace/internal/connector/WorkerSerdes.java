package dev.millrace.internal.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.TypeSerde;
import dev.millrace.internal.spec.SerdeSpec;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The serdes of a job's types as one worker has them. Each is made when a codec of the worker first
 * asks for it: shuffles are written by the worker for all its tasks, so a task is not what a serde
 * belongs to.
 *
 * <p>Kafka's serdes want a topic. They get the job's name and the class's, whatever the topic: a
 * registry that names its subjects after topics then has one of them for a type, and none in which
 * the types of all stores of a changelog meet.
 *
 * <p><b>Threads.</b> Confined to the worker, once it runs.
 */
public final class WorkerSerdes implements Function<Type, TypeSerde>, AutoCloseable {

  private final String job;
  private final String stage;
  private final List<SerdeSpec> specs;
  private final Map<Type, OfUser> open = new HashMap<>();

  /** Creates the serdes of one worker of a stage; none is open yet. */
  public WorkerSerdes(String job, String stage, List<SerdeSpec> specs) {
    this.job = job;
    this.stage = stage;
    this.specs = specs;
  }

  /**
   * Checks that a supplier makes a serde for each worker.
   *
   * @throws ConfigurationException if it returns the same one twice, one with the same serializer
   *     or deserializer, or none
   */
  public static void check(String job, SerdeSpec spec) {
    OnePerTask.check(cannot(job, spec.type()), "serde", spec.serdes(), WorkerSerdes::isSame);
  }

  /**
   * {@return the name of the serializer's class, as far as it is the same in every process: lambdas
   * of one class have one name}
   */
  public static String serializer(String job, SerdeSpec spec) {
    Serde<?> serde = OnePerTask.made(cannot(job, spec.type()), "serde", spec.serdes());
    String name = serde.serializer().getClass().getName();
    Utils.closeQuietly(serde, "serde");
    int lambda = name.indexOf("$$Lambda");
    return lambda < 0 ? name : name.substring(0, lambda);
  }

  private static boolean isSame(Serde<?> one, Serde<?> other) {
    return one == other
        || isShared(one.serializer(), other.serializer())
        || isShared(one.deserializer(), other.deserializer());
  }

  /** What has no fields, as a lambda without arguments of its own, may be used by all. */
  private static boolean isShared(Object one, Object other) {
    return one == other && hasFields(one.getClass());
  }

  private static boolean hasFields(Class<?> type) {
    for (Field field : type.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        return true;
      }
    }
    Class<?> parent = type.getSuperclass();
    return parent != null && hasFields(parent);
  }

  private static String cannot(String job, Type type) {
    return "Cannot use " + SerdeTypes.reference(type) + " in job '" + job + "'";
  }

  @Override
  public TypeSerde apply(Type type) {
    OfUser known = open.get(type);
    if (known == null) {
      SerdeSpec spec =
          specs.stream().filter(each -> each.type().equals(type)).findFirst().orElseThrow();
      Class<?> raw = Types.raw(type);
      String cannot = cannot(job, type);
      Place place = Place.ofJob(job).withStage(stage);
      String topic = job + "." + raw.getName();
      known = new OfUser(OnePerTask.made(cannot, "serde", spec.serdes()), type, topic, place);
      open.put(type, known);
    }
    return known;
  }

  @Override
  public void close() {
    open.values().forEach(each -> Utils.closeQuietly(each.serde, "serde"));
    open.clear();
  }

  private static final class OfUser implements TypeSerde {

    private final Serde<?> serde;
    private final Serializer<Object> serializer;
    private final Deserializer<?> deserializer;
    private final Type type;
    private final Class<?> raw;
    private final String topic;
    private final Place place;

    @SuppressWarnings("unchecked") // the builder's types fix what arrives
    OfUser(Serde<?> serde, Type type, String topic, Place place) {
      this.serde = serde;
      this.serializer = (Serializer<Object>) serde.serializer();
      this.deserializer = serde.deserializer();
      this.type = type;
      this.raw = Types.raw(type);
      this.topic = topic;
      this.place = place;
    }

    @Override
    public byte[] toBytes(Object value) {
      Headers headers = new RecordHeaders();
      byte @Nullable [] bytes;
      try {
        bytes = serializer.serialize(topic, headers, value);
      } catch (RuntimeException e) {
        // Not as it is: an exception of Kafka's would look like a failure of the cluster.
        throw notWritten("failed (" + e + "). Mend it, or the value", e);
      }
      if (bytes == null) {
        throw notWritten("returned null. Let it return bytes", null);
      }
      if (headers.iterator().hasNext()) {
        throw notWritten(
            "put something into the headers ("
                + headers.iterator().next().key()
                + "), which state does not have. Configure it to put all into the value",
            null);
      }
      return bytes;
    }

    private RecordException notWritten(String problem, @Nullable Exception cause) {
      return new RecordException(
          "Cannot encode a "
              + Types.name(type)
              + inStage()
              + ": the serializer of "
              + of(serializer, problem),
          place,
          cause);
    }

    @Override
    public Object fromBytes(byte[] bytes) {
      Object value;
      try {
        value = deserializer.deserialize(topic, new RecordHeaders(), bytes);
      } catch (RuntimeException e) {
        throw notRead("failed (" + e + ")", e);
      }
      if (!raw.isInstance(value)) {
        throw notRead(
            "returned "
                + (value == null ? "null" : "a " + value.getClass().getName())
                + ", not a "
                + raw.getName(),
            null);
      }
      return value;
    }

    /** No error policy may pass over it: it is the job's own record, or its state. */
    private StateStoreException notRead(String problem, @Nullable Exception cause) {
      return new StateStoreException(
          "Cannot read a "
              + Types.name(type)
              + " that the job wrote"
              + inStage()
              + ": the deserializer of "
              + of(deserializer, problem)
              + ". Nothing that was committed is lost: mend the serde, or what it needs, and start"
              + " again",
          place,
          cause);
    }

    private String inStage() {
      return " in stage '"
          + place.stage().orElseThrow()
          + "' of job '"
          + place.job().orElseThrow()
          + "'";
    }

    private String of(Object part, String problem) {
      return SerdeTypes.reference(type) + ", " + part.getClass().getName() + ", " + problem;
    }
  }
}
