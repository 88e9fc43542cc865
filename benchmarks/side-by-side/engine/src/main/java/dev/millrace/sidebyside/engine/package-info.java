/** What an engine computes and how it is asked to; all that runs beside an engine in its JVM. */
@NullMarked
package dev.millrace.sidebyside.engine;

import org.jspecify.annotations.NullMarked;
