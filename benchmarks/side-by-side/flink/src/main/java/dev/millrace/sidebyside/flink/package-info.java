/** Flink as an engine. */
@NullMarked
package dev.millrace.sidebyside.flink;

import org.jspecify.annotations.NullMarked;
