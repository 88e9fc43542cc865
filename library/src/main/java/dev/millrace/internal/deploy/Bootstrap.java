package dev.millrace.internal.deploy;

import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.JobStoppedException;
import dev.millrace.error.Place;
import dev.millrace.internal.codec.StoredForm;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.kafka.TopicSpec;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.ManifestProducer;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * The creation of a job in a cluster: its topics, the first offsets of its groups, and the manifest
 * that records them.
 *
 * <p>Several instances may start at once. The one that holds the transactional id {@code
 * <job>-bootstrap} does the work; a second one that takes the id fences the first, and every step
 * can be repeated, so it does not matter who wins. Offsets are written before anybody joins a
 * group: the broker refuses them afterwards.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
public final class Bootstrap {

  private static final long POLL_MS = 100;

  private final Cluster cluster;
  private final PhysicalPlan program;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Startup startup;
  private final JobTopics topics;

  /** The program as it fits the manifest that was read last. */
  private PhysicalPlan plan;

  /** Source topics that have grown since the manifest that was read last. */
  private Growth growth = Growth.NONE;

  /** What the program changes in the manifest that was read last. */
  private ShapeChange change = ShapeChange.NONE;

  /**
   * The state of the job that an instance joins.
   *
   * @param manifest the manifest
   * @param topics every topic of the job, and the user topics it reads
   * @param plan the program, whose stages keep the changelogs that they have had
   */
  public record Joined(Manifest manifest, Map<String, TopicState> topics, PhysicalPlan plan) {}

  public Bootstrap(
      Cluster cluster, PhysicalPlan plan, Clock clock, Supplier<UUID> ids, Startup startup) {
    this.cluster = cluster;
    this.program = plan;
    this.plan = plan;
    this.clock = clock;
    this.ids = ids;
    this.startup = startup;
    this.topics = new JobTopics(cluster, plan);
  }

  /** Checks the cluster and creates the meta topic, in which instances agree on everything else. */
  public void prepare() {
    if (cluster.config().guarantee() == ProcessingGuarantee.EXACTLY_ONCE) {
      cluster.topics().brokerTransactionVersion();
    }
    topics.checkUsers();
    if (cluster.topics().describe(List.of(plan.metaTopic())).isEmpty()) {
      topics.checkOwn(growth);
    }
    cluster
        .topics()
        .createInternal(
            List.of(
                TopicSpec.compacted(plan.metaTopic(), 1),
                TopicSpec.compacted(plan.statusTopic(), 1)));
  }

  /**
   * {@return the job as agreed, after creating it if no instance has yet, or changing it to the
   * program}
   *
   * @param places the codecs of all values that the program keeps or sends, by place
   */
  public Joined join(MetaTopic meta, Map<String, StoredForm> places) {
    int attempts = 0;
    boolean again = false;
    while (true) {
      try {
        if (again) {
          topics.lookUpSources();
        }
        meta.refresh();
        Optional<Joined> agreed = agreed(meta, places);
        if (agreed.isPresent()) {
          return agreed.get();
        }
        lead(meta);
      } catch (IncompatibleJobException e) {
        // Topics may have grown since they were looked up, and running copies have agreed on that.
        if (again) {
          throw e;
        }
        again = true;
      } catch (RuntimeException e) {
        // Another instance does the same and has fenced this one, or brokers do not answer.
        startup.goOnAfter("the job's manifest in topic " + plan.metaTopic(), explained(e));
        giveOthersTime(meta, ++attempts);
        again = true;
      }
    }
  }

  private RuntimeException explained(RuntimeException error) {
    return MissingRights.explained(error, "start job '" + plan.job() + "'", "WRITE", bootstrapId());
  }

  /** {@return the job, if its manifest is there, the program fits it, and no run is to begin} */
  private Optional<Joined> agreed(MetaTopic meta, Map<String, StoredForm> places) {
    growth = Growth.NONE;
    change = ShapeChange.NONE;
    Manifest manifest = meta.manifest().orElse(null);
    if (manifest == null) {
      return Optional.empty();
    }
    checkPhase(manifest);
    checkStopped(meta);
    fit(manifest);
    if (manifest.phase() != Manifest.Phase.READY) {
      return Optional.empty();
    }
    boolean begins = beginsRun(manifest, meta);
    if (begins) {
      FurtherRuns.check(plan, manifest);
      manifest = manifest.following(manifest.run());
    }
    // Before anything is created: a program that is refused leaves no trace.
    growth = Growth.since(manifest, plan, topics.users());
    Redeployment redeployment = redeployment();
    change = redeployment.change(manifest, growth);
    redeployment.check(manifest, change, growth);
    if (change.isAny()) {
      return awaitTurn(meta, places) ? Optional.empty() : agreed(meta, places);
    }
    if (begins || growth.isAny() || boundsAreMissing(manifest) || manifest.hasRemains()) {
      return Optional.empty();
    }
    checkBounds(manifest);
    if (manifest.bounded() && meta.allFinished(manifest)) {
      FurtherRuns.reportNothingNew(plan);
    }
    return Optional.of(new Joined(manifest, topics.create(growth), plan));
  }

  /**
   * Waits until no copy of another version runs; returns whether the job is as it was then, or
   * false if others have changed it meanwhile.
   */
  private boolean awaitTurn(MetaTopic meta, Map<String, StoredForm> places) {
    Manifest known = meta.manifest().orElseThrow();
    OtherCopies others = redeployment().others(known);
    new ProgramVersion(
            cluster, plan, meta, known, places, SerdeChecks.serializers(plan), others, clock)
        .checkReadable();
    long ignored =
        others.awaitGone(
            "has other stages or stores",
            ", which would leave out what it adds",
            () -> {
              meta.refresh();
              return meta.manifest().map(now -> now.isChangedSince(known)).orElse(true);
            });
    return meta.manifest().equals(Optional.of(known));
  }

  /** Goes on with the program as it fits a manifest. */
  private void fit(Manifest manifest) {
    plan = program.withChangelogs(Redeployment.keepers(manifest));
    topics.fit(plan);
  }

  private Redeployment redeployment() {
    return new Redeployment(cluster, plan, topics, clock);
  }

  /**
   * Waits longer each time, and each instance differently, so that one of them completes its steps.
   */
  private void giveOthersTime(MetaTopic meta, int attempts) {
    long spreadMs = Math.floorMod(ids.get().getLeastSignificantBits(), 500L * attempts);
    long until =
        clock.nanos() + Duration.ofMillis(Math.min(500L * attempts + spreadMs, 10_000)).toNanos();
    while (clock.nanos() < until) {
      clock.sleepMs(POLL_MS);
      try {
        meta.refresh();
      } catch (KafkaException e) {
        return; // The next attempt begins with the same refresh, and decides about its failure.
      }
      if (meta.manifest().isPresent()) {
        return;
      }
    }
  }

  private void checkPhase(Manifest manifest) {
    if (manifest.phase() == Manifest.Phase.RESETTING) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "': a reset of it was begun and not completed. Run reset again");
    }
  }

  private void checkStopped(MetaTopic meta) {
    if (meta.isStopped()) {
      throw new JobStoppedException(
          "Cannot run job '"
              + plan.job()
              + "': it was stopped by order. Start it again with JobAdmin.start, or by HTTP",
          Place.ofJob(plan.job()));
    }
  }

  private boolean boundsAreMissing(Manifest manifest) {
    return cluster.config().untilEnd() && !manifest.bounded();
  }

  /**
   * {@return whether the last run has finished, and this start begins another: one without end, one
   * up to the end of new input, or one of a program with other stages}
   */
  private boolean beginsRun(Manifest manifest, MetaTopic meta) {
    return manifest.bounded()
        && meta.allFinished(manifest)
        && (!cluster.config().untilEnd()
            || !topics.ends().equals(manifest.ends())
            || redeployment()
                .change(manifest, Growth.since(manifest, plan, topics.users()))
                .isAny());
  }

  private void checkBounds(Manifest manifest) {
    if (manifest.bounded() && !cluster.config().untilEnd()) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "' without end: it was started up to the end of its input, and has not come to it."
              + " Give --until-end until it has, reset it, or use another name");
    }
  }

  /** Writes what {@link #agreed} has found missing, unless another instance is faster. */
  private void lead(MetaTopic meta) {
    Optional<Manifest> known = meta.manifest();
    // What can be refused comes first: later, topics would be left over.
    boolean first = known.map(each -> each.phase() == Manifest.Phase.RESET).orElse(true);
    Splits splits = first ? Splits.of(plan.stages()) : Splits.NONE;
    Map<String, Manifest.Stage> ignored = topics.stages(topics.existing(growth), growth);
    growth.growChangelogs(cluster, plan);
    Map<String, TopicState> created = first ? topics.create(growth) : Map.of();
    try (ManifestProducer fencing = ManifestProducer.open(cluster, plan.job(), topics.splits())) {
      meta.refresh();
      if (!meta.manifest().equals(known)) {
        return; // Whether this program fits what another instance has written is to be checked.
      }
      if (first) {
        deploy(meta, known.orElseGet(() -> Manifest.first(ids.get())), created, splits, fencing);
      } else if (known.orElseThrow().hasRemains()) {
        redeployment().deleteRemains(known.orElseThrow());
        write(fencing.producer(), meta.record(known.orElseThrow().withoutRemains()));
      } else {
        goOn(meta, known.orElseThrow(), fencing);
      }
    }
  }

  private void deploy(
      MetaTopic meta,
      Manifest before,
      Map<String, TopicState> created,
      Splits splits,
      ManifestProducer fencing) {
    Map<String, Manifest.Stage> stages = topics.withStandingRows(topics.stages(created, growth));
    new FirstOffsets(cluster, plan).write(created, before, stages.keySet());
    Producer<byte[], byte[]> producer = fencing.producer();
    producer.beginTransaction();
    Manifest manifest = before.deployed(newRun(), stages, splits.write(producer, created));
    producer.send(meta.record(withBounds(manifest)));
    producer.commitTransaction();
  }

  /**
   * Begins a run, picks up new partitions, gives the run an end, changes the stages: what of it
   * there is to do.
   */
  private void goOn(MetaTopic meta, Manifest before, ManifestProducer fencing) {
    Redeployment redeployment = redeployment();
    if (change.isAny() && !redeployment.others(before).members().isEmpty()) {
      return; // They have started meanwhile.
    }
    boolean begins = beginsRun(before, meta);
    Manifest present = begins ? before.following(newRun()) : before;
    Manifest manifest = withBounds(present).grown(growth.grown());
    Producer<byte[], byte[]> producer = fencing.producer();
    Splits splits = Splits.NONE;
    Map<String, TopicState> created = Map.of();
    if (change.isAny()) {
      splits = redeployment.newSplits(change);
      redeployment.checkNothingThere(change, growth);
      write(producer, meta.record(before.creating(redeployment.newTopics(change))));
      created = redeployment.create(manifest, change, growth);
    }
    producer.beginTransaction();
    if (begins) {
      meta.finishedTombstones().forEach(producer::send);
    }
    growth.pickUp(cluster, plan, present, producer);
    if (change.isAny()) {
      manifest =
          redeployment.changed(
              manifest, change, growth, created, splits.write(producer, created), newRun());
    }
    producer.send(meta.record(manifest));
    producer.commitTransaction();
    if (begins) {
      FurtherRuns.reportBegun(plan, manifest);
    }
  }

  private static void write(
      Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    producer.beginTransaction();
    producer.send(record);
    producer.commitTransaction();
  }

  private Manifest withBounds(Manifest manifest) {
    return boundsAreMissing(manifest) ? manifest.bounded(newRun(), topics.ends()) : manifest;
  }

  private String bootstrapId() {
    return new JobNames(plan.job()).bootstrapId();
  }

  public String deadLetterTopic() {
    return topics.deadLetters();
  }

  private String newRun() {
    return Manifest.newRun(ids);
  }
}
