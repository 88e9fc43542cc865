package dev.millrace.internal.operator.join;

import dev.millrace.window.Window;
import java.util.List;

/**
 * A group on which the function of a co-group failed, in a dead letter; a large one is in several.
 *
 * @param part which of the letters of the group this is, from 1
 * @param left left records, or some of them
 * @param right right records, or some of them
 */
record GroupLetter(Object key, Window window, int part, List<Object> left, List<Object> right) {}
