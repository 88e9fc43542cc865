package dev.millrace.internal.plan;

import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.Source;
import dev.millrace.connector.SplitSource;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.spec.SourceTimes;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.spec.WatermarkStrategy;
import java.lang.reflect.Type;

/**
 * The settings of a source of splits.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param splits cuts and reads the splits
 */
public record SplitSourceSpec(SplitSource<?> splits, String name, Type type, SourceTimes times)
    implements SourceSpec {

  @Override
  public String origin() {
    return "source '" + name + "'";
  }

  /** {@return the settings of a source of any kind} */
  public static SourceSpec of(Source<?> source) {
    if (source instanceof KafkaSource<?>) {
      return Specs.of(source, KafkaSourceSpec.class);
    }
    SplitSource<?> splits =
        source instanceof SplitSource<?> own ? own : Specs.of(source, SplitSource.class);
    return ofSplits(splits);
  }

  private static <T> SourceSpec ofSplits(SplitSource<T> source) {
    return new SplitSourceSpec(
        source,
        source.name(),
        source.type().type(),
        new SourceTimes(
            source.eventTime().orElse(null),
            source
                .watermarks()
                .map(marks -> Specs.of(marks, WatermarkStrategy.class))
                .orElse(null)));
  }
}
