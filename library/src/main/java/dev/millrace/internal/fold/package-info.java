/**
 * Folds: the records of a key made into one value, step by step, and what that leaves in rows and
 * on the way to them. Aggregates, reduces and upserted tables are the same four steps here, with
 * those that take records back where there are any.
 */
@NullMarked
package dev.millrace.internal.fold;

import org.jspecify.annotations.NullMarked;
