package dev.millrace.internal.launch;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.kafka.DefaultKafkaClients;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.state.disk.InstanceDirectory;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.JobIdentity;
import dev.millrace.internal.state.store.MemoryStateStores;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Everything an instance touches outside of itself.
 *
 * @param clients makes Kafka clients; closed with the instance
 * @param slots takes a place for an instance; released with the instance
 * @param stores opens local stores; closed with the instance
 * @param clock the clock
 * @param ids where new identities come from
 * @param rhythm how often workers do what is not needed at every turn
 */
public record Surroundings(
    KafkaClients clients,
    Function<JobIdentity, InstanceSlot> slots,
    Supplier<StateStores> stores,
    Clock clock,
    Supplier<UUID> ids,
    Rhythm rhythm) {

  /** {@return the surroundings of an instance in production} */
  static Surroundings real(JobConfig config) {
    return new Surroundings(
        new DefaultKafkaClients(config),
        job -> InstanceDirectory.open(config.stateDir(), job, config.instanceId()),
        () -> configuredStores(config),
        SystemClock.INSTANCE,
        UUID::randomUUID,
        Rhythm.USUAL);
  }

  /** {@return stores of the kind that the settings ask for} */
  public static StateStores configuredStores(JobConfig config) {
    return switch (config.stateStore()) {
      case MEMORY -> new MemoryStateStores();
      case ROCKSDB -> new RocksDbStateStores(new StateMemory(config.stateMemoryBytes()));
      case AUTO -> RocksDbStateStores.orOnHeap(config.stateMemoryBytes());
    };
  }
}
