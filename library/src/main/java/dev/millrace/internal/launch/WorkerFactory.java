package dev.millrace.internal.launch;

import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.internal.commit.AtLeastOnceSender;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.commit.TransactionalSender;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.MemberData;
import dev.millrace.internal.kafka.StageMember;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.restore.Fencer;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.disk.InstanceSlot;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * The factory of workers, with their identity and clients.
 *
 * <p>The transactional id {@code <job>-<job8>-<instance8>-<stage>-<worker>} is stable over restarts
 * of an instance, so that a restart ends its own dead transaction at once, and different between
 * any two instances alive.
 */
final class WorkerFactory {

  private final PhysicalPlan plan;
  private final Cluster cluster;
  private final MetaTopic meta;
  private final Manifest manifest;
  private final InstanceSlot slot;
  private final WorkerSetup setup;

  WorkerFactory(
      PhysicalPlan plan,
      Cluster cluster,
      MetaTopic meta,
      Manifest manifest,
      InstanceSlot slot,
      WorkerSetup setup) {
    this.plan = plan;
    this.cluster = cluster;
    this.meta = meta;
    this.manifest = manifest;
    this.slot = slot;
    this.setup = setup;
  }

  /**
   * {@return a worker that is ready to run}
   *
   * @param share the state it shares with the stage's other workers
   * @param number its number among the stage's workers here
   * @param workersOnInstance the number of workers that share the instance's memory
   */
  Worker worker(StageSetup stage, StageShare share, int number, int workersOnInstance) {
    String prefix = idPrefix() + "-";
    String id = prefix + slot.instance8() + "-" + stage.stage().name() + "-" + number;
    KafkaClients clients = cluster.clients();
    Fencer fencer =
        new Fencer(
            stage,
            setup,
            new JobNames(plan.job()).ids(manifest),
            new AuxiliaryCalls(id, setup.clock()));
    AtomicReference<Worker> self = new AtomicReference<>();
    Consumer<byte[], byte[]> consumer =
        setup
            .startup()
            .await(
                "the address of a broker",
                () ->
                    clients.stageConsumer(
                        stage.group(),
                        id,
                        groupInstanceId(id),
                        new Member(slot, stage.stage().name(), id, self, fencer),
                        workersOnInstance));
    WorkerSerdes serdes = new WorkerSerdes(plan.job(), stage.stage().name(), plan.serdes());
    try {
      return worker(stage.with(serdes), serdes, share, id, consumer, fencer, self);
    } catch (RuntimeException | Error e) {
      serdes.close();
      consumer.close(CloseOptions.timeout(Duration.ZERO));
      throw e;
    }
  }

  private Worker worker(
      StageSetup stage,
      WorkerSerdes serdes,
      StageShare share,
      String id,
      Consumer<byte[], byte[]> consumer,
      Fencer fencer,
      AtomicReference<Worker> self) {
    JobConfig config = cluster.config();
    KafkaClients clients = cluster.clients();
    String compression = stage.stage().compression().orElse(KafkaClients.INTERNAL_COMPRESSION);
    Sender sender =
        setup.exactlyOnce()
            ? new TransactionalSender(
                id,
                () -> clients.transactionalProducer(id, id, compression),
                fencer.endsOf(id),
                config.transactionTimeout(),
                setup.clock())
            : new AtLeastOnceSender(
                () -> clients.plainProducer(id, compression),
                offsets -> consumer.commitSync(offsets, config.transactionTimeout()));
    Worker worker =
        new Worker(
            stage,
            serdes,
            setup,
            share,
            id,
            consumer,
            sender,
            fencer,
            (to, stageName, task) -> to.send(meta.finishedRecord(manifest.run(), stageName, task)),
            minCommitInterval(stage.stage()));
    self.set(worker);
    return worker;
  }

  /**
   * Makes members static under the classic protocol, so that an instance that is restarted within
   * its session resumes its tasks at once, without a rebalance. Under the consumer protocol it
   * would be refused until its session has expired.
   */
  private Optional<String> groupInstanceId(String id) {
    return cluster.config().membership() == MembershipProtocol.CLASSIC
        ? Optional.of(id)
        : Optional.empty();
  }

  private String idPrefix() {
    return plan.job() + "-" + manifest.jobUuid().substring(0, 8);
  }

  private static Duration minCommitInterval(StagePlan stage) {
    return stage.steps().stream()
        .map(step -> step.operator().minCommitInterval())
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  /** The worker as its group sees it: what it reports, and what it is notified of. */
  private record Member(
      InstanceSlot slot,
      String stage,
      String transactionalId,
      AtomicReference<Worker> worker,
      Fencer fencer)
      implements StageMember {

    @Override
    public MemberData report() {
      Map<Integer, Long> held = new HashMap<>();
      for (InstanceSlot.StoredTask stored : slot.storedTasks()) {
        if (stored.stage().equals(stage)) {
          held.put(stored.partition(), slot.sequenceOf(stored));
        }
      }
      Worker known = worker.get();
      if (known != null) {
        held.putAll(known.heldTasks());
      }
      return MemberData.of(slot.instance8(), transactionalId, held);
    }

    @Override
    public void onPeersDeparted(Set<String> transactionalIds) {
      fencer.departed(transactionalIds);
    }
  }
}
