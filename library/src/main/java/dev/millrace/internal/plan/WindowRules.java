package dev.millrace.internal.plan;

import dev.millrace.internal.window.EmissionKind;
import dev.millrace.output.OutputTag;
import java.util.Optional;

/**
 * The rules of a window: when it emits its results, and what becomes of records that come late.
 *
 * @param latenessMs how long after its end a window can still be corrected
 * @param emission when results are emitted
 * @param changes whether results are changes of a table rather than final values
 * @param late where late records go, besides being counted
 */
public record WindowRules(
    long latenessMs, EmissionKind emission, boolean changes, Optional<OutputTag<?>> late) {

  /** One final result per window; late records are only counted. */
  public static final WindowRules FINAL =
      new WindowRules(0, new EmissionKind.OnClose(), false, Optional.empty());

  /** {@return the same, with results as changes of a table} */
  public WindowRules revised() {
    return new WindowRules(latenessMs, emission, true, late);
  }

  /** {@return the same with late records going to a side output} */
  public WindowRules lateTo(OutputTag<?> tag) {
    return new WindowRules(latenessMs, emission, changes, Optional.of(tag));
  }

  /** {@return the same with another lateness} */
  public WindowRules lateness(long newLatenessMs) {
    return new WindowRules(newLatenessMs, emission, changes, late);
  }

  /** {@return the same with another emission} */
  public WindowRules emission(EmissionKind newEmission) {
    return new WindowRules(latenessMs, newEmission, changes, late);
  }

  /** {@return what differs from the default, for plans; each part with a comma before it} */
  public String describe() {
    StringBuilder text = new StringBuilder();
    if (latenessMs > 0) {
      text.append(", corrected for ").append(latenessMs).append(" ms");
    }
    if (emission instanceof EmissionKind.OnUpdate) {
      text.append(", results with every commit");
    }
    if (emission instanceof EmissionKind.Every every) {
      text.append(", early results every ").append(every.periodMs()).append(" ms");
    }
    late.ifPresent(tag -> text.append(", late records to '").append(tag.name()).append("'"));
    return text.toString();
  }
}
