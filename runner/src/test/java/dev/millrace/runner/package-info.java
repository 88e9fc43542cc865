/** The runner as a whole: its rooms, and the jar that users run. */
@NullMarked
package dev.millrace.runner;

import org.jspecify.annotations.NullMarked;
