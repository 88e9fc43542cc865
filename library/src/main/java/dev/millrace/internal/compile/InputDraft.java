package dev.millrace.internal.compile;

import dev.millrace.internal.plan.Target;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A shuffled input of a stage while the cutter is at work on it: what one {@code keyBy}, or one
 * spread, sends to one stage. It gets a topic from each stage that writes it.
 */
final class InputDraft {

  /** The stage that reads it. */
  final StageDraft stage;

  /** Distinguishes its topics from those of the stage's other inputs; empty for the main one. */
  final String name;

  final List<Target> heads = new ArrayList<>();

  /** The stages that write it. */
  final Set<StageDraft> upstream = new LinkedHashSet<>();

  InputDraft(StageDraft stage, String name) {
    this.stage = stage;
    this.name = name;
  }

  /** {@return the topic that one of its writers has to itself} */
  String topic(String job, StageDraft from) {
    StringBuilder topic = new StringBuilder(job).append('.').append(stage.name);
    if (!name.isEmpty() && stage.inputs.size() > 1) {
      topic.append('.').append(name);
    }
    if (upstream.size() > 1) {
      topic.append('.').append(from.name);
    }
    return topic.append(".shuffle").toString();
  }
}
