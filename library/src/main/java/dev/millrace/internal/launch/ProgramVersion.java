package dev.millrace.internal.launch;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.GroupSessions;
import dev.millrace.internal.meta.Deployment;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.ManifestProducer;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agreement that all running copies of a job write values of the same schemas, by the same
 * serializers where the program has serdes.
 *
 * <p>A copy whose schemas are those that the meta topic names joins at once, so a version that does
 * not change them is rolled out copy by copy. A copy with other schemas has to be able to read what
 * was written, and waits until the copies of the version before are gone; then its own schemas are
 * the job's. A running copy that finds other schemas in the meta topic stops: two versions were
 * started at the same time.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job, then to the care thread.
 */
final class ProgramVersion {

  private static final Logger LOGGER = LoggerFactory.getLogger(ProgramVersion.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How much longer than its session it may take until a copy that was killed is missed. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private static final long POLL_MS = 500;
  private static final long LOOK_NANOS = Duration.ofSeconds(5).toNanos();

  private final Cluster cluster;
  private final PhysicalPlan plan;
  private final MetaTopic meta;
  private final Manifest manifest;
  private final Map<String, ValueCodec<Object>> codecs;
  private final Map<String, Integer> schemas = new TreeMap<>();
  private final Map<String, String> serializers;
  private final Clock clock;
  private long lookedNanos;

  ProgramVersion(
      Cluster cluster,
      PhysicalPlan plan,
      MetaTopic meta,
      Manifest manifest,
      Map<String, ValueCodec<Object>> codecs,
      Map<String, String> serializers,
      Clock clock) {
    this.cluster = cluster;
    this.plan = plan;
    this.meta = meta;
    this.manifest = manifest;
    this.codecs = codecs;
    this.serializers = serializers;
    this.clock = clock;
    codecs.forEach((place, codec) -> schemas.put(place, codec.schemaId()));
  }

  /**
   * Makes this version the job's.
   *
   * @throws IncompatibleJobException if it cannot read what is stored
   * @throws JobActiveException if copies of another version go on running
   */
  void agree() {
    long deadline = clock.nanos() + PATIENCE.toNanos();
    while (true) {
      meta.refresh();
      Deployment present = meta.deployment(manifest).orElse(null);
      if (present != null && present.isOf(schemas, serializers)) {
        lookedNanos = clock.nanos();
        return;
      }
      if (present != null) {
        checkReadable(present);
        deadline += awaitOthersGone();
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

  private void checkReadable(Deployment present) {
    List<String> reasons = new ArrayList<>();
    present
        .schemas()
        .forEach(
            (place, schema) -> {
              ValueCodec<Object> codec = codecs.get(place);
              if (codec != null && codec.schemaId() != schema) {
                try {
                  codec.writtenBy(schema);
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
              + " over with reset");
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

  /** Waits for the copies of another version, and returns for how long, in nanoseconds. */
  private long awaitOthersGone() {
    Set<String> others = members();
    if (others.isEmpty()) {
      return 0;
    }
    Duration session =
        new GroupSessions(cluster.clients(), cluster.config(), plan.job(), clock)
            .present(plan.stages().stream().map(plan::group).toList());
    Duration untilMissed = session.plus(MARGIN);
    Duration patience = untilMissed.compareTo(PATIENCE) > 0 ? untilMissed : PATIENCE;
    LOGGER
        .atInfo()
        .addKeyValue("job", plan.job())
        .addKeyValue("members", others)
        .addKeyValue("atMost", patience)
        .log("Waiting for the copies of another version to stop");
    long begun = clock.nanos();
    while (!others.isEmpty()) {
      if (clock.nanos() - begun > patience.toNanos()) {
        throw new JobActiveException(
            "Cannot run job '"
                + plan.job()
                + "': this version writes values of other schemas than the copies that run ("
                + String.join(", ", others)
                + "), or by other serdes, and they could not read all of them. Stop all copies of"
                + " the other version, then start this one; a copy that was killed counts as"
                + " running until its group misses it, which takes "
                + session.toSeconds()
                + " s");
      }
      clock.sleepMs(POLL_MS);
      others = members();
    }
    return clock.nanos() - begun;
  }

  /** {@return the members of the job's groups} */
  private Set<String> members() {
    Set<String> members = new TreeSet<>();
    for (StagePlan stage : plan.stages()) {
      cluster
          .groups()
          .activeMembers(plan.group(stage))
          .forEach(member -> members.add(member.clientId() + " on " + member.host()));
    }
    return members;
  }

  private void write(int generation) {
    try (ManifestProducer fencing = ManifestProducer.open(cluster.clients(), plan.job())) {
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
  boolean isLookDue() {
    long now = clock.nanos();
    if (now - lookedNanos < LOOK_NANOS) {
      return false;
    }
    lookedNanos = now;
    return true;
  }

  /**
   * Checks that this version is still the job's, as of the meta topic's last refresh.
   *
   * @throws JobStateException if it is not
   */
  void check() {
    Deployment present = meta.deployment(manifest).orElse(null);
    if (present != null && !present.isOf(schemas, serializers)) {
      throw new JobStateException(
          "Cannot go on with job '"
              + plan.job()
              + "': another version of its program was started, whose values have other schemas"
              + " or serdes (generation "
              + present.generation()
              + "). Replace this copy by that version");
    }
  }
}
