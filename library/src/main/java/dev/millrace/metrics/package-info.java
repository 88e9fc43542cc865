/** The counters of a running job. */
@NullMarked
package dev.millrace.metrics;

import org.jspecify.annotations.NullMarked;
