/**
 * The second example: how many distinct words have each count, a table made of a table; and a view
 * of it for the terminal.
 */
@NullMarked
package dev.millrace.examples.distinctwords;

import org.jspecify.annotations.NullMarked;
