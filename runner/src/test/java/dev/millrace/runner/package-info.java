/** The command line, in this process and as the jar that users run. */
@NullMarked
package dev.millrace.runner;

import org.jspecify.annotations.NullMarked;
