/** The search for patterns over the entries of a keyed shuffle. */
@NullMarked
package dev.millrace.internal.operator.pattern;

import org.jspecify.annotations.NullMarked;
