package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.util.Clock;
import dev.millrace.query.StateStoreInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The stores of a running job, by their names, for those who ask for state.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Queries implements AutoCloseable {

  private static final char BETWEEN_STAGE_AND_STORE = '/';
  private static final Duration LATER = Duration.ofSeconds(1);

  private final String job;
  private final Owners owners;
  private final Clock clock;
  private final List<QueriedStore> stores = new ArrayList<>();

  /** Serdes of the program's, which are for one thread at a time; none is open before a query. */
  private final WorkerSerdes serdes;

  /** The stages with these serdes. */
  private final Map<String, StageSetup> opened = new HashMap<>();

  /** Guards serdes, stages with them, and whether they are closed. */
  private final ReentrantLock turn = new ReentrantLock();

  private final boolean usesSerdes;
  private boolean closed;

  /** Creates the queries of an instance. */
  public Queries(PhysicalPlan plan, Collection<StageSetup> setups, Owners owners, Clock clock) {
    this.job = plan.job();
    this.owners = owners;
    this.clock = clock;
    this.serdes = new WorkerSerdes(plan.job(), "query", plan.serdes());
    this.usesSerdes = !plan.serdes().isEmpty();
    for (StageSetup setup : setups) {
      for (Step step : setup.stage().steps()) {
        if (step.operator() instanceof StageOperator.Keyed keyed) {
          for (StoreSpec spec : keyed.stores()) {
            stores.add(
                new QueriedStore(
                    setup, step.storeName(spec), spec, keyed.formOf(spec), keyed.keyType()));
          }
        }
      }
    }
  }

  /** {@return all stores of the job, those for the engine's own use included} */
  public List<StateStoreInfo> stores() {
    return stores.stream().map(QueriedStore::info).toList();
  }

  /**
   * {@return the query of a store, with keys and values as the program has them}
   *
   * @throws ConfigurationException if there is no such store, if it cannot be asked, or if its
   *     types are others
   */
  public <K, V> LocalQuery<K, V> of(String name, Class<K> keyType, Class<V> valueType) {
    QueriedStore store = store(name);
    return new LocalQuery<>(
        store, Translation.objects(store, keyType, valueType), owners, this::decoded, clock);
  }

  /**
   * {@return the query of a store, with keys and values as JSON}
   *
   * @throws ConfigurationException if there is no such store, or if it cannot be asked
   */
  public LocalQuery<String, String> json(String name) {
    QueriedStore store = store(name);
    return new LocalQuery<>(store, new JsonTexts(store), owners, this::decoded, clock);
  }

  private <A> A decoded(Supplier<A> values) {
    if (!usesSerdes) {
      return values.get();
    }
    turn.lock();
    try {
      if (closed) {
        throw new StateUnavailableException(
            "Cannot read the state of job '" + job + "': this instance has stopped. Ask the others",
            Reason.STOPPED,
            Place.ofJob(job),
            LATER);
      }
      return values.get();
    } finally {
      turn.unlock();
    }
  }

  private QueriedStore store(String name) {
    int slash = name.indexOf(BETWEEN_STAGE_AND_STORE);
    String stage = slash < 0 ? "" : name.substring(0, slash);
    String own = name.substring(slash + 1);
    List<QueriedStore> found =
        stores.stream()
            .filter(store -> store.name().equals(own))
            .filter(store -> slash < 0 || store.stage().equals(stage))
            .toList();
    if (found.size() == 1) {
      return decoded(() -> withSerdes(found.get(0)));
    }
    if (found.isEmpty()) {
      throw new ConfigurationException(
          "Cannot query store '"
              + name
              + "': job '"
              + job
              + "' has none of that name. It has "
              + stores.stream()
                  .filter(store -> store.refusal().isEmpty())
                  .map(QueriedStore::name)
                  .toList());
    }
    throw new ConfigurationException(
        "Cannot query store '"
            + name
            + "': several stages have one. Say which: "
            + found.stream().map(store -> store.stage() + BETWEEN_STAGE_AND_STORE + own).toList());
  }

  private QueriedStore withSerdes(QueriedStore store) {
    return usesSerdes
        ? store.in(opened.computeIfAbsent(store.stage(), stage -> store.setup().with(serdes)))
        : store;
  }

  @Override
  public void close() {
    turn.lock();
    try {
      closed = true;
      serdes.close();
    } finally {
      turn.unlock();
    }
  }
}
