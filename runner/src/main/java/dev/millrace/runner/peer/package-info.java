/**
 * The questions of an instance to the other instances of its job, by HTTP: what only the owner of a
 * task knows is asked of the owner, on behalf of the caller of this instance.
 *
 * <p>Who the others are, and where, is in their reports to the job's status topic. A question goes
 * one step: it is marked, and the instance that gets it answers for itself alone. It carries the
 * token of the original request and no other, so that nobody learns more by asking one instance for
 * another. What is missing of an answer is named with its reason, never left out.
 */
@NullMarked
package dev.millrace.runner.peer;

import org.jspecify.annotations.NullMarked;
