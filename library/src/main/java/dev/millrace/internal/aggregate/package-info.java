/**
 * What the engine knows of the aggregates that come with Millrace and users need not: shortcuts
 * that only some of them have.
 */
@NullMarked
package dev.millrace.internal.aggregate;

import org.jspecify.annotations.NullMarked;
