package dev.millrace.internal.compile;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * A shuffle whose topic has no name yet, because that depends on how many others lead to the same
 * input.
 */
record EdgeDraft(
    Optional<KeyFunction<?, ?>> key,
    Type keyType,
    Type valueType,
    TimeDomain domain,
    Optional<CombinerPlan> combiner,
    ErrorPolicy errors,
    Optional<InputDraft> to) {

  EdgeDraft(
      Optional<KeyFunction<?, ?>> key,
      Type keyType,
      Type valueType,
      TimeDomain domain,
      Optional<CombinerPlan> combiner,
      ErrorPolicy errors) {
    this(key, keyType, valueType, domain, combiner, errors, Optional.empty());
  }

  EdgeDraft to(InputDraft input) {
    return new EdgeDraft(key, keyType, valueType, domain, combiner, errors, Optional.of(input));
  }
}
