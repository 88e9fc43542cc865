/**
 * Patterns as automata, and the matcher that runs them over the events of one key.
 *
 * <p>A pattern ({@link dev.millrace.internal.pattern.PatternSpec}) is compiled to an {@link
 * dev.millrace.internal.pattern.Automaton} without empty moves: a place for each time that a stage
 * can take an event, and an edge from each place to all that the next event can be taken at. An
 * edge knows by itself which events may be left out on the way, so that a partial match is nothing
 * but the path that it has taken and the set of edges that are still open to it.
 */
@NullMarked
package dev.millrace.internal.pattern;

import org.jspecify.annotations.NullMarked;
