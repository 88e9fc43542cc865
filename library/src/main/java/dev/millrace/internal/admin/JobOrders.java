package dev.millrace.internal.admin;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The orders to a job's instances, each until it is taken back: not to read its sources, or one of
 * them, and not to run at all.
 *
 * <p>Each is a record of the job's meta topic, which every instance reads when it starts and every
 * few seconds. The orders do not know of each other.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobOrders {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

  private final Cluster cluster;
  private final JobNames names;

  JobOrders(Cluster cluster, String job) {
    this.cluster = cluster;
    this.names = new JobNames(job);
  }

  /** Orders a pause of a source, or of all. */
  void pause(Optional<String> source) {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Manifest manifest = manifest(meta);
      source.ifPresent(name -> checkSource("pause", name, manifest));
      write("pause", meta.pauseRecord(source));
    }
  }

  /** Takes the order of a pause back, if there is one. */
  void resume(Optional<String> source) {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Manifest manifest = manifest(meta);
      source
          // A version of the program that has it no more may have left it paused.
          .filter(name -> !meta.pauses().ofSources().contains(name))
          .ifPresent(name -> checkSource("resume", name, manifest));
      write("resume", meta.resumeRecord(source));
    }
  }

  /** Orders all instances to end their work, and those that start not to begin it. */
  void stop() {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Manifest ignored = manifest(meta);
      write("stop", meta.stopRecord());
    }
  }

  /** Takes the order to stop back, if there is one. */
  void start() {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Manifest ignored = manifest(meta);
      write("start", meta.startRecord());
    }
  }

  private Manifest manifest(MetaTopic meta) {
    meta.refresh();
    return meta.manifest().orElseThrow(() -> JobInspector.noSuchJob(cluster, names));
  }

  private void checkSource(String verb, String source, Manifest manifest) {
    List<String> sources =
        manifest.stages().entrySet().stream()
            .filter(stage -> stage.getValue().inputs(Manifest.InputKind.SHUFFLE).isEmpty())
            .map(stage -> stage.getKey())
            .toList();
    if (!sources.contains(source)) {
      throw new ConfigurationException(
          "Cannot "
              + verb
              + " '"
              + source
              + "': it is no source of job '"
              + names.job()
              + "'. Its sources are "
              + sources,
          Place.ofJob(names.job()).withStep(source),
          null);
    }
  }

  private void write(String verb, ProducerRecord<byte[], byte[]> order) {
    Producer<byte[], byte[]> producer = cluster.clients().plainProducer("millrace-admin");
    try {
      var ignored = producer.send(order).get();
    } catch (ExecutionException e) {
      throw refused(verb, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused(verb, e);
    } finally {
      producer.close(CLOSE_TIMEOUT);
    }
  }

  private RuntimeException refused(String verb, @Nullable Throwable cause) {
    String order = verb + " job '" + names.job() + "'";
    String message =
        "Cannot "
            + order
            + ": its topic "
            + names.metaTopic()
            + " did not take the order ("
            + cause
            + "). Try again";
    Place place = Place.ofJob(names.job()).withTopic(names.metaTopic());
    MillraceException refused =
        cause != null && KafkaErrors.isOutage(cause)
            ? new KafkaUnreachableException(message, place, cause)
            : new MillraceException(message, place, cause);
    return MissingRights.explained(refused, order, "WRITE", "");
  }
}
