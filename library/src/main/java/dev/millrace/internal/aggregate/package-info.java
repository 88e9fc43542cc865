/**
 * The shortcuts that some of the aggregates that come with Millrace have, which the engine knows
 * and users need not.
 */
@NullMarked
package dev.millrace.internal.aggregate;

import org.jspecify.annotations.NullMarked;
