/**
 * Side outputs: streams of another type than an operator's results, such as late records, made in
 * the same transaction.
 */
@NullMarked
package dev.millrace.output;

import org.jspecify.annotations.NullMarked;
