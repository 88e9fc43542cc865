/**
 * The commit: the output of a worker becomes visible together with offsets and state, or not at
 * all.
 *
 * <p>{@link dev.millrace.internal.commit.TransactionalSender} is exactly-once, {@link
 * dev.millrace.internal.commit.AtLeastOnceSender} the other guarantee; {@link
 * dev.millrace.internal.commit.CommitPace} decides when.
 */
@NullMarked
package dev.millrace.internal.commit;

import org.jspecify.annotations.NullMarked;
