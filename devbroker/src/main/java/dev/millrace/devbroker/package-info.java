/** A real KRaft broker for development and tests, in this JVM or in a child JVM. */
@NullMarked
package dev.millrace.devbroker;

import org.jspecify.annotations.NullMarked;
