package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.MapState;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Versions of a job's program that follow each other, or run at the same time. */
final class VersionsTest {

  record Word(String word, long count) {}

  record Noted(String word, long count, @Nullable String note) {}

  record Renamed(String word, long total) {}

  record Aliased(String word, @JsonAlias("count") long total) {}

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);

  VersionsTest() {
    cluster.createIfMissing("words", 1);
    cluster.createIfMissing("counts", 1);
  }

  private final Map<String, String> settings = new TreeMap<>();

  private <T> Driver version(Class<T> type, KeyFunction<T, String> key, ReduceFunction<T> sum) {
    Job job = Job.named("versions");
    job.source(KafkaSource.json("words", type))
        .keyBy(key)
        .reduce(sum)
        .to(KafkaSink.upsert("counts"));
    return driver(job);
  }

  private Driver driver(Job job) {
    JobTestBuilder builder = JobTest.builder(job);
    settings.forEach(builder::set);
    JobConfig config = builder.config();
    return Drivers.of(job, config, cluster, clock);
  }

  private Driver words() {
    return version(Word.class, Word::word, (a, b) -> new Word(a.word(), a.count() + b.count()));
  }

  private Driver noted() {
    return version(
        Noted.class, Noted::word, (a, b) -> new Noted(a.word(), a.count() + b.count(), "n"));
  }

  private Driver renamed() {
    return version(
        Renamed.class, Renamed::word, (a, b) -> new Renamed(a.word(), a.total() + b.total()));
  }

  private Driver aliased() {
    return version(
        Aliased.class, Aliased::word, (a, b) -> new Aliased(a.word(), a.total() + b.total()));
  }

  private <T> void send(Class<T> type, T value) {
    new TestTopic<>(cluster, "words", new Format.Json<>(TypeRef.of(type))).send(value);
  }

  @Test
  void aVersionOfTheSameSchemasJoinsWhileTheOtherRuns() {
    Driver one = words();
    one.start();
    send(Word.class, new Word("a", 1));
    one.run();
    Driver two = words();
    two.start();
    send(Word.class, new Word("a", 2));
    two.run();
    one.run();
    two.run();
    assertThat(outputs.values("counts", TypeRef.of(Word.class))).contains(new Word("a", 3));
  }

  @Test
  void aVersionOfOtherSchemasWaitsUntilTheFormerIsGone() {
    Driver old = words();
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    Driver grown = noted();
    assertThatThrownBy(grown::start)
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("writes values of other schemas than the copies that run");
    old.run();
    old.stop(0);

    Driver again = noted();
    again.start();
    send(Noted.class, new Noted("a", 2, "x"));
    again.run();
    assertThat(outputs.table("counts", TypeRef.of(Noted.class)))
        .containsValue(new Noted("a", 3, "n"));
    again.stop(0);

    assertThatThrownBy(words()::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("written with a component 'note'");
  }

  /** Longer than a dead copy stays in its groups, however long that is. */
  @ParameterizedTest
  @CsvSource({"classic, 6s, 30", "classic, 40s, 40", "consumer, 6s, 45"})
  void aVersionOfOtherSchemasWaitsUntilACopyThatWasKilledWouldBeMissed(
      String membership, String session, int leastSeconds) {
    settings.putAll(Map.of("membership", membership, "session.timeout", session));
    Driver old = words();
    old.start();
    old.run();
    long begun = clock.nanos();
    assertThatThrownBy(noted()::start)
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("a copy that was killed counts as running until its group misses it");
    assertThat(Duration.ofNanos(clock.nanos() - begun))
        .isGreaterThan(Duration.ofSeconds(leastSeconds));
  }

  @Test
  void aRenamedComponentIsRefusedAtStartAndReadByItsAlias() {
    Driver old = words();
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    old.stop(0);
    assertThatThrownBy(renamed()::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("cannot read what is stored", "@JsonAlias(\"count\")");
    Driver next = aliased();
    next.start();
    send(Aliased.class, new Aliased("a", 2));
    next.run();
    assertThat(outputs.values("counts", TypeRef.of(Aliased.class))).contains(new Aliased("a", 3));
  }

  static class Bean {
    public String word = "";
    public long count;

    static Bean sum(Bean a, Bean b) {
      Bean sum = new Bean();
      sum.word = a.word;
      sum.count = a.count + b.count;
      return sum;
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  static class RenamedBean {
    public String word = "";
    public long total;

    static RenamedBean sum(RenamedBean a, RenamedBean b) {
      RenamedBean sum = new RenamedBean();
      sum.word = a.word;
      sum.total = a.total + b.total;
      return sum;
    }
  }

  @Test
  void aRenamedPropertyOfAClassIsRefusedAtStartToo() {
    Driver old = version(Bean.class, bean -> bean.word, Bean::sum);
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    Driver running = version(RenamedBean.class, bean -> bean.word, RenamedBean::sum);
    assertThatThrownBy(running::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll(
            "cannot read what is stored",
            "of stage",
            "RenamedBean was written with a component 'count'",
            "@JsonAlias(\"count\")");
    old.run();
    old.stop(0);
  }

  private Driver beans(UnaryOperator<Job> change) {
    Job job = change.apply(Job.named("versions"));
    job.source(KafkaSource.json("words", Bean.class))
        .keyBy(bean -> bean.word)
        .reduce(Bean::sum)
        .to(KafkaSink.upsert("counts"));
    return driver(job);
  }

  private static Serde<Bean> beanSerde() {
    return Serdes.serdeFrom(
        (topic, bean) -> (bean.word + " " + bean.count).getBytes(StandardCharsets.UTF_8),
        (topic, data) -> {
          String[] parts = new String(data, StandardCharsets.UTF_8).split(" ");
          Bean bean = new Bean();
          bean.word = parts[0];
          bean.count = Long.parseLong(parts[1]);
          return bean;
        });
  }

  @Test
  void aSerdeForWhatWasKeptWithoutOneIsRefusedAtStart() {
    Driver old = beans(job -> job);
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    old.stop(0);
    assertThatThrownBy(beans(job -> job.serde(Bean.class, VersionsTest::beanSerde))::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll(
            "cannot read what is stored", "of stage", "leave job.serde(Bean.class, ...) out");
    Driver again = beans(job -> job);
    again.start();
    send(Word.class, new Word("a", 2));
    again.run();
    assertThat(outputs.values("counts", TypeRef.of(Word.class))).contains(new Word("a", 3));
  }

  @Test
  void aSerdeThatIsGoneIsRefusedAtStartAndOneThatIsThereReadsOn() {
    UnaryOperator<Job> withSerde = job -> job.serde(Bean.class, VersionsTest::beanSerde);
    Driver old = beans(withSerde);
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    old.stop(0);
    assertThatThrownBy(beans(job -> job)::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll("were written as serde<Bean>", "Name its serde again");
    Driver again = beans(withSerde);
    again.start();
    send(Word.class, new Word("a", 2));
    again.run();
    assertThat(outputs.values("counts", TypeRef.of(Word.class))).contains(new Word("a", 3));
  }

  /** As the serializer of beans, of another class. */
  private static final class OtherSerializer implements Serializer<Bean> {
    @Override
    public byte[] serialize(String topic, Bean bean) {
      return (bean.word + " " + bean.count).getBytes(StandardCharsets.UTF_8);
    }
  }

  @Test
  void versionsWithOtherSerializersTakeTurnsToo() {
    Driver old = beans(job -> job.serde(Bean.class, VersionsTest::beanSerde));
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    UnaryOperator<Job> withOther =
        job ->
            job.serde(
                Bean.class,
                () -> Serdes.serdeFrom(new OtherSerializer(), beanSerde().deserializer()));
    assertThatThrownBy(beans(withOther)::start)
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("or by other serdes");
    old.stop(0);
    Driver next = beans(withOther);
    next.start();
    send(Word.class, new Word("a", 2));
    next.run();
    assertThat(outputs.values("counts", TypeRef.of(Word.class))).contains(new Word("a", 3));
  }

  @Test
  void aCopyThatRunsStopsOnceAnotherVersionIsTheJobs() {
    Driver old = words();
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    old.expel(0); // as two versions that start at the same moment, it is not seen by the other
    Driver grown = noted();
    grown.start();
    clock.advance(Duration.ofSeconds(6));
    assertThatThrownBy(() -> old.instances().get(0).keepHouse())
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("another version of its program was started");
    grown.instances().get(0).keepHouse();
  }

  /** Three versions of one type. */
  interface First {
    record Shop(String name, int zone) {}
  }

  interface Renaming {
    record Shop(String label, int area) {}
  }

  interface Widened {
    record Shop(String name, long zone) {}
  }

  private static final class PerShop<S> extends KeyedProcessFunction<String, Word, String> {
    private final MapState<S, Long> counts;
    private final Function<String, S> shop;

    PerShop(Class<S> type, Function<String, S> shop) {
      this.counts = state.map("per-shop", type, Long.class);
      this.shop = shop;
    }

    @Override
    public void onRecord(Word word, Context context) {
      S key = shop.apply(word.word());
      @Nullable Long before = counts.value(key);
      counts.put(key, (before == null ? 0 : before) + word.count());
      context.emit(word.word() + " " + counts.value(key));
    }
  }

  private <S> Driver perShop(Class<S> type, SerializableFunction<S> shop) {
    Job job = Job.named("versions");
    job.source(KafkaSource.json("words", Word.class))
        .keyBy(Word::word)
        .process(() -> new PerShop<>(type, shop))
        .name("shops")
        .to(KafkaSink.strings("counts"));
    return driver(job);
  }

  private interface SerializableFunction<S> extends Function<String, S>, Serializable {}

  /** What is stored under keys of other bytes is never found: each key would begin anew. */
  @Test
  void keysOfOtherBytesAreRefusedAndRenamedOnesAreFound() {
    Driver old = perShop(First.Shop.class, name -> new First.Shop(name, 1));
    old.start();
    send(Word.class, new Word("a", 1));
    old.run();
    old.stop(0);

    assertThatThrownBy(perShop(Widened.Shop.class, name -> new Widened.Shop(name, 1))::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContainingAll(
            "keys of map 'per-shop' of step shops",
            "keys were written as (string, int), and Shop is (string, long) now");

    Driver renamed = perShop(Renaming.Shop.class, name -> new Renaming.Shop(name, 1));
    renamed.start();
    send(Word.class, new Word("a", 2));
    renamed.run();
    assertThat(outputs.values("counts", TypeRef.of(String.class))).contains("a 3");
  }
}
