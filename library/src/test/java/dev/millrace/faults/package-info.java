/**
 * What goes wrong around a job, on a real broker: bad input, lost answers, systems that are down.
 */
@NullMarked
package dev.millrace.faults;

import org.jspecify.annotations.NullMarked;
