package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Workload;

/**
 * A variant of a suite that each engine is measured with; some suites have several.
 *
 * @param workload what to compute
 * @param partitions how many partitions input and output have
 * @param shuffles how often each record changes from task to task, for counts of words
 * @param label what sets it apart from others of its suite; empty if there are none
 */
record Variant(Workload workload, int partitions, int shuffles, String label) {

  /** {@return its label as a part of the names of topics, groups and files} */
  String suffix() {
    return label.isEmpty() ? "" : "-" + label.replaceAll("[^a-z0-9]+", "-");
  }
}
