/** Benchmarks: each prints its figures together with the baseline it ran beside. */
@NullMarked
package dev.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
