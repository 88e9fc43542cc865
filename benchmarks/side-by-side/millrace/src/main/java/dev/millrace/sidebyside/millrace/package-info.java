/** Millrace as an engine. */
@NullMarked
package dev.millrace.sidebyside.millrace;

import org.jspecify.annotations.NullMarked;
