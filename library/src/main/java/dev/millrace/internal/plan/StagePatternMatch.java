package dev.millrace.internal.plan;

import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.AutomatonPrinter;
import dev.millrace.internal.pattern.KeyRow;
import dev.millrace.internal.pattern.Run;
import dev.millrace.internal.pattern.TakenEvent;
import dev.millrace.internal.pattern.WaitingBlock;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The search for a pattern.
 *
 * @param domain the time that it goes by
 */
public record StagePatternMatch(PatternMatch match, Type keyType, TimeDomain domain)
    implements StageOperator.Keyed {

  /** The suffix of the store with records that wait for the watermark. */
  public static final String INPUT = "input";

  /** The suffix of the store with the number of the next record. */
  public static final String ARRIVALS = "arrivals";

  /**
   * The suffix of the store with the number of records of each key that wait for the watermark; it
   * is there if there is a limit to them.
   */
  public static final String WAITING = "waiting";

  /** {@return the suffix of the store with a row for each key that has partial matches} */
  public String heads() {
    return "runs-" + match.pattern().version();
  }

  /** {@return the suffix of the store with partial matches, of keys that have many} */
  public String runs() {
    return heads() + "@rows";
  }

  /** {@return the suffix of the store with the events in them} */
  public String events() {
    return heads() + "@events";
  }

  /** {@return the suffix of the store with the times at which partial matches are due} */
  public String due() {
    return heads() + "@due";
  }

  @Override
  public List<StoreSpec> stores() {
    List<StoreSpec> stores = new ArrayList<>();
    stores.add(
        StoreSpec.of(
            StoreSpec.Content.PARTIAL_MATCH_KEYS,
            heads(),
            Types.parameterized(KeyRow.class, match.valueType())));
    stores.add(new StoreSpec(runs(), Run.class));
    stores.add(new StoreSpec(events(), Types.parameterized(TakenEvent.class, match.valueType())));
    stores.add(new StoreSpec(due(), Boolean.class));
    stores.add(
        StoreSpec.of(
            StoreSpec.Content.WAITING_BLOCKS,
            INPUT,
            Types.parameterized(WaitingBlock.class, match.valueType())));
    stores.add(new StoreSpec(ARRIVALS, Long.class));
    if (countsWaiting()) {
      stores.add(new StoreSpec(WAITING, Integer.class));
    }
    return List.copyOf(stores);
  }

  /** {@return whether records that wait are counted for each key} */
  public boolean countsWaiting() {
    return domain == TimeDomain.EVENT && match.rules().buffer().isPresent();
  }

  /** Places are numbered through the stages: partial matches are those of a shape. */
  @Override
  public String describeState() {
    return "match " + time() + " by " + keyType.getTypeName();
  }

  /** Those of a version come and go together, so that they are described as state of a name. */
  @Override
  public String describeState(StoreSpec store) {
    return store.suffix().startsWith(heads())
        ? StageKeyedProcess.STATE
            + "'"
            + heads()
            + "' of "
            + match.pattern().shape()
            + " "
            + time()
            + " by "
            + keyType.getTypeName()
        : describeState();
  }

  /** A partial match may be due at any millisecond. */
  @Override
  public Granularity granularity() {
    return Granularity.ofEvents(1);
  }

  /** Events, and what is due, come in the order of their times: nothing is older than those. */
  @Override
  public long holdsBackMs() {
    return 0;
  }

  @Override
  public Optional<String> boundToEnd() {
    return domain == TimeDomain.EVENT
        ? Optional.of(
            "has ended its partial matches at the end of the input, so that new records could not"
                + " go on with them")
        : Optional.empty();
  }

  @Override
  public String describe() {
    return "match "
        + match.pattern().describe()
        + (domain == TimeDomain.PROCESSING ? " in processing time" : "");
  }

  @Override
  public List<String> details() {
    List<String> lines = new ArrayList<>(AutomatonPrinter.text(Automaton.of(match.pattern())));
    match.pattern().warnings().forEach(warning -> lines.add("warning: " + warning));
    return lines;
  }

  @Override
  public Optional<String> diagram() {
    return Optional.of(AutomatonPrinter.mermaid(Automaton.of(match.pattern())));
  }

  private String time() {
    return domain == TimeDomain.EVENT ? "in event time" : "in processing time";
  }
}
