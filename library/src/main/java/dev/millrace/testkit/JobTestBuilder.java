package dev.millrace.testkit;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.config.StateStoreKind;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The options of a {@link JobTest}, set before its start.
 *
 * <p><b>Threads.</b> Confined to the test's thread.
 *
 * <p><b>Example.</b> {@code JobTest.builder(job).instances(2).seed(7).build()}.
 */
public final class JobTestBuilder {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private final Job job;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private int instances = 1;
  private long seed;
  private Instant start = START;
  private StateStoreKind stateStore = StateStoreKind.MEMORY;

  JobTestBuilder(Job job) {
    this.job = job;
  }

  /** Sets one of the settings of {@link JobConfig}, by its key. */
  public JobTestBuilder set(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** Sets how many instances share the work; by default 1. */
  public JobTestBuilder instances(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("Cannot run a job on " + count + " instances");
    }
    instances = count;
    return this;
  }

  /** Sets how many workers each instance has per stage, at most one per task; by default 1. */
  public JobTestBuilder workers(int count) {
    return set("workers", Integer.toString(count));
  }

  /**
   * Mixes the order in which workers take their turns, and lets them commit in the middle of the
   * work. The same seed gives the same run. Without one they take turns in order and commit when
   * nothing is left to do.
   */
  public JobTestBuilder seed(long newSeed) {
    seed = newSeed;
    return this;
  }

  /** Sets the clock, which by default shows the beginning of 2030 (UTC). */
  public JobTestBuilder startAt(Instant time) {
    start = time;
    return this;
  }

  /** Chooses the guarantee; by default exactly-once. */
  public JobTestBuilder guarantee(ProcessingGuarantee guarantee) {
    return set("guarantee", guarantee.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  /** Chooses where state is kept; by default in memory. */
  public JobTestBuilder stateStore(StateStoreKind kind) {
    stateStore = kind;
    return this;
  }

  /** {@return the test, which starts its instances when it is first asked to run} */
  public JobTest build() {
    return new JobTest(job, this);
  }

  JobConfig config() {
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", "simulated:9092")
            .with("state.store", stateStore.name().toLowerCase(Locale.ROOT))
            .with("workers", "1");
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.with(setting.getKey(), setting.getValue());
    }
    return config;
  }

  int instances() {
    return instances;
  }

  long seed() {
    return seed;
  }

  Instant start() {
    return start;
  }

  boolean storesInMemory() {
    return stateStore == StateStoreKind.MEMORY;
  }
}
