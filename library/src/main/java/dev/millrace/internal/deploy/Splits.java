package dev.millrace.internal.deploy;

import dev.millrace.connector.SplitSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * The splits of a job's sources that are not Kafka's, each described by the bytes of one record.
 *
 * @param byTopic the splits by the topic that they go to
 */
record Splits(Map<String, List<byte[]>> byTopic) {

  /** No splits: a job that is deployed has them in its topics. */
  static final Splits NONE = new Splits(Map.of());

  /** {@return the splits that the sources of these stages list at present} */
  static Splits of(List<StagePlan> stages) {
    Map<String, List<byte[]>> all = new TreeMap<>();
    for (StagePlan stage : stages) {
      if (stage.inputs().get(0) instanceof StageInput.Splits input) {
        all.put(input.topic(), listed(input.source().splits()));
      }
    }
    return new Splits(all);
  }

  private static List<byte[]> listed(SplitSource<?> source) {
    try {
      return source.splits();
    } catch (MillraceException e) {
      throw e;
    } catch (Exception e) {
      throw new ConfigurationException(
          "Cannot list the splits of source '" + source.name() + "': " + e + ". Mend its input",
          Place.ofStep(source.name()),
          e);
    }
  }

  /**
   * Sends the splits, dealt out to the partitions of their topics, and returns the offset after the
   * last one of each partition: not how many there are, since a former attempt that was aborted
   * takes up offsets too.
   */
  Map<String, List<Long>> write(Producer<byte[], byte[]> producer, Map<String, TopicState> topics) {
    Map<String, List<Long>> ends = new TreeMap<>();
    byTopic.forEach(
        (topic, splits) -> {
          int partitions = JobTopics.partitions(topic, topics).size();
          List<Future<RecordMetadata>> sent = new ArrayList<>();
          for (byte[] split : splits) {
            sent.add(
                producer.send(
                    new ProducerRecord<>(topic, sent.size() % partitions, null, null, split)));
          }
          producer.flush();
          List<Long> end = new ArrayList<>(Collections.nCopies(partitions, 0L));
          for (Future<RecordMetadata> each : sent) {
            RecordMetadata written = written(each);
            end.set(written.partition(), written.offset() + 1);
          }
          ends.put(topic, end);
        });
    return ends;
  }

  private static RecordMetadata written(Future<RecordMetadata> sent) {
    try {
      return sent.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    }
  }
}
