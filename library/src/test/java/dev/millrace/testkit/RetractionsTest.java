package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.RecordException;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A frame takes back a record where no step can take anything back. */
final class RetractionsTest {

  /** What comes after the shuffle. */
  enum Reader {
    AGGREGATE {
      @Override
      void build(Job job) {
        job.source(KafkaSource.strings("words"))
            .keyBy(word -> word)
            .count()
            .name("reader")
            .to(KafkaSink.upsert("out"));
      }
    },
    WINDOW {
      @Override
      void build(Job job) {
        job.source(KafkaSource.strings("words"))
            .keyBy(word -> word)
            .window(Windows.tumbling(Duration.ofMinutes(1)))
            .count()
            .name("reader")
            .map(result -> result.key())
            .to(KafkaSink.strings("out"));
      }
    },
    PROCESS {
      @Override
      void build(Job job) {
        job.source(KafkaSource.strings("words"))
            .keyBy(word -> word)
            .process(Passing::new)
            .name("reader")
            .to(KafkaSink.strings("out"));
      }
    },
    SINK {
      @Override
      void build(Job job) {
        job.source(KafkaSource.strings("words"))
            .rebalance()
            .name("reader")
            .map(word -> word + "!")
            .to(KafkaSink.strings("out"));
      }
    },
    /** A step that could take it, as its reader could not. */
    SINK_AFTER_BRANCH {
      @Override
      void build(Job job) {
        job
            .source(KafkaSource.strings("words"))
            .rebalance()
            .name("reader")
            .branch("empty", String::isEmpty)
            .otherwise("words")
            .stream("words")
            .to(KafkaSink.strings("out"));
      }
    };

    abstract void build(Job job);
  }

  /** Emits what it gets. */
  static final class Passing extends KeyedProcessFunction<String, String, String> {
    @Override
    public void onRecord(String value, Context context) {
      context.emit(value);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRetractionThatNobodyCanHaveSentStopsTheJobNamingStageAndTopic(Reader reader) {
    Job job = Job.named("job");
    reader.build(job);
    // Not even a policy that skips may pass over records of the job's own.
    try (JobTest test = JobTest.builder(job).set("errors.policy", "skip").build()) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "mill");
      test.run();
      int before = test.output("out", String.class).size();
      retract(test, "job.reader.shuffle");
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("takes back a record")
          .hasMessageContaining("stage 'reader'")
          .hasMessageContaining("topic job.reader.shuffle")
          .hasMessageContaining("offset ");
      assertThat(test.output("out", String.class)).hasSize(before);
    }
  }

  private static void retract(JobTest test, String topic) {
    FrameWriter frame = new FrameWriter(0, 0, 1);
    byte[] text = "mill".getBytes(StandardCharsets.UTF_8);
    frame.add(text, 0, text.length, 0, FrameFormat.RETRACTION, text, 0, text.length);
    try (Producer<byte[], byte[]> producer =
        test.kafka().connect(JobConfig.defaults()).plainProducer("intruder")) {
      producer.send(
          new ProducerRecord<>(
              topic, 0, new byte[0], frame.finish(FrameFormat.LAST_OF_TRANSACTION, List.of())));
    }
  }
}
