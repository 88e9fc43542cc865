/**
 * Incremental aggregates: small accumulators that can be merged, so that they work before a shuffle
 * as well.
 *
 * <p>Example: {@code keyed.aggregate(Aggregates.sum(Sale::cents))}. Those that can take records
 * back as well ({@link dev.millrace.aggregate.RetractableAggregation}) work on the groups of
 * tables.
 */
@NullMarked
package dev.millrace.aggregate;

import org.jspecify.annotations.NullMarked;
