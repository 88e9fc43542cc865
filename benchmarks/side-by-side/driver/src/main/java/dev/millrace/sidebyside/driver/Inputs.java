package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.WordJob;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of a suite, each generated when it is first asked for: one for each number of
 * partitions.
 *
 * <p><b>State.</b> Of queries the results of the last one only, which may be many.
 *
 * <p><b>Threads.</b> One.
 */
final class Inputs {

  private final Rig rig;
  private final Map<Integer, InputTopic> words = new HashMap<>();
  private final Map<Integer, InputTopic> payments = new HashMap<>();
  private final Map<Integer, String> events = new HashMap<>();
  private @Nullable Variant last;
  private @Nullable InputTopic ofLast;

  Inputs(Rig rig) {
    this.rig = rig;
  }

  InputTopic of(Variant variant) throws Exception {
    Variant asked = new Variant(variant.workload(), variant.partitions(), 0, "");
    InputTopic known = asked.equals(last) ? ofLast : null;
    if (known == null) {
      ofLast = null;
      known = generated(asked);
      last = asked;
      ofLast = known;
    }
    return known;
  }

  private InputTopic generated(Variant variant) throws Exception {
    Arguments arguments = rig.arguments();
    int partitions = variant.partitions();
    if (variant.workload() instanceof WordJob job) {
      InputTopic known = words.get(partitions);
      if (known == null) {
        report(arguments, partitions);
        known = InputTopic.ofWords(rig.kafka(), arguments, job, partitions);
        words.put(partitions, known);
      }
      return known;
    }
    if (variant.workload() instanceof PatternJob) {
      InputTopic known = payments.get(partitions);
      if (known == null) {
        report(arguments, partitions);
        known = InputTopic.ofPayments(rig.kafka(), arguments, partitions);
        payments.put(partitions, known);
      }
      return known;
    }
    String topic = events.get(partitions);
    if (topic == null) {
      report(arguments, partitions);
      topic = InputTopic.ofEvents(rig.kafka(), arguments, partitions);
      events.put(partitions, topic);
    }
    return InputTopic.of(topic, arguments, (Query) variant.workload());
  }

  private static void report(Arguments arguments, int partitions) {
    System.out.printf(
        Locale.ROOT, "generating %,d records, partitions: %d%n", arguments.records(), partitions);
  }
}
