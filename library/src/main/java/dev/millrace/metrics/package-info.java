/** What a running job counts. */
@NullMarked
package dev.millrace.metrics;

import org.jspecify.annotations.NullMarked;
