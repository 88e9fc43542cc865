package dev.millrace.output;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.util.regex.Pattern;

/**
 * The name and the type of a side output.
 *
 * <p><b>Contract.</b> An operator that was given the tag may write to it; {@code sideOutput(tag)}
 * on the operator's results is the stream of what it wrote. Values that no step reads are dropped.
 * Two tags are equal if name and type are.
 *
 * <p><b>Guarantee.</b> What goes to a side output belongs to the same transaction as the results.
 *
 * <pre>{@code
 * OutputTag<Order> rejected = OutputTag.of("rejected", Order.class);
 * }</pre>
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param name lower-case letters, digits and hyphens, at most 40 of them
 * @param type what is written to it
 */
public record OutputTag<T>(String name, TypeRef<T> type) {

  private static final Pattern NAMES = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

  /** Checks the name. */
  public OutputTag {
    Arguments.given("Cannot name a side output", "name", name);
    Arguments.given("Cannot make side output '" + name + "'", "type", type);
    if (!NAMES.matcher(name).matches()) {
      throw new ConfigurationException(
          "Cannot name a side output '"
              + name
              + "': a name has lower-case letters, digits and hyphens, at most 40 of them");
    }
  }

  /** {@return a tag for values of a class} */
  public static <T> OutputTag<T> of(String name, Class<T> type) {
    return new OutputTag<>(
        name, TypeRef.of(Arguments.given("Cannot make a side output", "type", type)));
  }

  /** {@return a tag for values of a generic type} */
  public static <T> OutputTag<T> of(String name, TypeRef<T> type) {
    return new OutputTag<>(name, type);
  }
}
