/** The names that a program gives to types and formats of its data that cannot be inferred. */
@NullMarked
package dev.millrace.serde;

import org.jspecify.annotations.NullMarked;
