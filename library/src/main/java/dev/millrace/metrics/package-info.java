/**
 * The metrics of a running job.
 *
 * <p>{@code running.metrics().samples()} has the values, each with the description of its metric.
 */
@NullMarked
package dev.millrace.metrics;

import org.jspecify.annotations.NullMarked;
