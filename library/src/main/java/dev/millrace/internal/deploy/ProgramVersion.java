package dev.millrace.internal.deploy;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.Place;
import dev.millrace.internal.codec.StoredForm;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.meta.Deployment;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.ManifestProducer;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agreement that all running copies of a job write values of the same schemas into the same
 * stages, by the same serializers where the program has serdes.
 *
 * <p>A copy whose schemas are those that the meta topic names joins at once, so a version that does
 * not change them is rolled out copy by copy. A copy with other schemas has to be able to read what
 * was written, and waits until the copies of the version before are gone; then its own schemas are
 * the job's. A running copy that finds other schemas in the meta topic stops: two versions were
 * started at the same time.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job, then to the care thread.
 */
public final class ProgramVersion {

  private static final Logger LOGGER = LoggerFactory.getLogger(ProgramVersion.class);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final long POLL_MS = 500;
  private static final long LOOK_NANOS = Duration.ofSeconds(5).toNanos();

  private final Cluster cluster;
  private final PhysicalPlan plan;
  private final MetaTopic meta;
  private final Manifest manifest;
  private final Map<String, StoredForm> forms;
  private final Map<String, Integer> schemas = new TreeMap<>();
  private final Map<String, String> serializers;
  private final OtherCopies others;
  private final Clock clock;
  private long lookedNanos;

  public ProgramVersion(
      Cluster cluster,
      PhysicalPlan plan,
      MetaTopic meta,
      Manifest manifest,
      Map<String, StoredForm> forms,
      Map<String, String> serializers,
      OtherCopies others,
      Clock clock) {
    this.cluster = cluster;
    this.plan = plan;
    this.meta = meta;
    this.manifest = manifest;
    this.forms = forms;
    this.serializers = serializers;
    this.others = others;
    this.clock = clock;
    forms.forEach((place, form) -> schemas.put(place, form.schemaId()));
  }

  /**
   * Makes this version the job's.
   *
   * @throws IncompatibleJobException if it cannot read what is stored
   * @throws JobStateException if a version with other stages or stores was started meanwhile
   * @throws dev.millrace.error.JobActiveException if copies of another version go on running
   */
  public void agree() {
    long deadline = clock.nanos() + PATIENCE.toNanos();
    while (true) {
      meta.refresh();
      Deployment present = meta.deployment(manifest).orElse(null);
      if (present != null && present.isOf(schemas, serializers)) {
        lookedNanos = clock.nanos();
        check(); // The stages may have been changed since this copy has read the manifest.
        return;
      }
      if (present != null) {
        checkReadable(present);
        deadline +=
            others.awaitGone(
                "writes values of other schemas",
                ", or by other serdes, and they could not read all of them",
                this::isTheJobs);
        if (isTheJobs()) {
          continue;
        }
        reportOtherSerializers(present);
      }
      try {
        write(present == null ? 1 : present.generation() + 1);
      } catch (KafkaException e) {
        // Another copy does the same and has fenced this one.
        if (clock.nanos() > deadline) {
          throw e;
        }
        clock.sleepMs(POLL_MS);
      }
    }
  }

  private boolean isTheJobs() {
    meta.refresh();
    return meta.deployment(manifest)
        .map(present -> present.isOf(schemas, serializers))
        .orElse(false);
  }

  /**
   * Checks that this version can read what is stored.
   *
   * @throws IncompatibleJobException if it cannot
   */
  void checkReadable() {
    meta.deployment(manifest).ifPresent(this::checkReadable);
  }

  private void checkReadable(Deployment present) {
    List<String> reasons = new ArrayList<>();
    present
        .schemas()
        .forEach(
            (place, schema) -> {
              StoredForm form = forms.get(place);
              if (form != null && form.schemaId() != schema) {
                try {
                  form.checkReads(schema);
                } catch (IncompatibleJobException e) {
                  reasons.add(place + ": " + e.getMessage());
                }
              }
            });
    if (!reasons.isEmpty()) {
      throw new IncompatibleJobException(
          "Cannot run job '"
              + plan.job()
              + "': it cannot read what is stored ("
              + String.join("; ", reasons)
              + "). Change the types as it says, give the new version another name, or start it"
              + " over with reset",
          Place.ofJob(plan.job()),
          null);
    }
  }

  /** What a serde cannot read shows when it is read: so the log has the place to look at. */
  private void reportOtherSerializers(Deployment present) {
    serializers.forEach(
        (type, serializer) -> {
          String before = present.serializers().getOrDefault(type, serializer);
          if (!before.equals(serializer)) {
            LOGGER
                .atWarn()
                .addKeyValue("job", plan.job())
                .addKeyValue("type", type)
                .addKeyValue("before", before)
                .addKeyValue("serializer", serializer)
                .log(
                    "A type has another serializer than it had; its serde has to read what the"
                        + " former one wrote");
          }
        });
  }

  private void write(int generation) {
    try (ManifestProducer fencing = ManifestProducer.open(cluster, plan.job(), Set.of())) {
      meta.refresh();
      if (meta.deployment(manifest).map(Deployment::generation).orElse(0) >= generation) {
        return; // Another copy was faster; look at what it wrote.
      }
      Producer<byte[], byte[]> producer = fencing.producer();
      producer.beginTransaction();
      producer.send(
          meta.record(new Deployment(manifest.resetEpoch(), generation, schemas, serializers)));
      producer.commitTransaction();
    }
  }

  /** {@return whether it is time to check that this version is still the job's} */
  public boolean isLookDue() {
    return clock.nanos() - lookedNanos >= LOOK_NANOS;
  }

  /**
   * Notes that a look has ended. One without an answer takes as long as there is between two: if
   * the time counted from its beginning, nothing else would be done any more.
   */
  public void looked() {
    lookedNanos = clock.nanos();
  }

  /**
   * Checks that this version is still the job's, as of the meta topic's last refresh.
   *
   * @throws JobStateException if it is not
   */
  public void check() {
    Deployment present = meta.deployment(manifest).orElse(null);
    if (present != null && !present.isOf(schemas, serializers)) {
      throw new JobStateException(
          "Cannot go on with job '"
              + plan.job()
              + "': another version of its program was started, whose values have other schemas"
              + " or serdes (generation "
              + present.generation()
              + "). Replace this copy by that version",
          Place.ofJob(plan.job()),
          null);
    }
    if (meta.manifest().map(now -> now.isChangedSince(manifest)).orElse(false)) {
      throw new JobStateException(
          "Cannot go on with job '"
              + plan.job()
              + "': another version of its program was started, which has other stages or stores."
              + " Replace this copy by that version",
          Place.ofJob(plan.job()),
          null);
    }
  }
}
