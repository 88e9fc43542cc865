/** Functions with state and timers of their own, for what no aggregate or window expresses. */
@NullMarked
package dev.millrace.process;

import org.jspecify.annotations.NullMarked;
