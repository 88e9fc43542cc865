/** How a program names the types and formats of its data where they cannot be inferred. */
@NullMarked
package dev.millrace.serde;

import org.jspecify.annotations.NullMarked;
