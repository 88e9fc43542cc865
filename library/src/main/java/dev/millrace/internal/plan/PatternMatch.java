package dev.millrace.internal.plan;

import dev.millrace.function.KeyFunction;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.FlatSelectFunction;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * A pattern that is looked for among the records of each key.
 *
 * @param function makes results of a match
 * @param valueType the type of the records, which are kept as long as partial matches have them
 */
public record PatternMatch(
    PatternSpec pattern, MatchRules rules, FlatSelectFunction<?, ?> function, Type valueType)
    implements KeyedOperation {

  @Override
  public String verb() {
    return "match";
  }

  @Override
  public List<OutputTag<?>> sideOutputs() {
    return rules.sideOutputs();
  }

  @Override
  public Optional<KeyFunction<?, ?>> keyOfResults() {
    return Optional.empty();
  }
}
