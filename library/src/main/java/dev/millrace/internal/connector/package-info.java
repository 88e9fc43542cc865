/** The engine's side of the Kafka connectors: from a user's topic to values, and back. */
@NullMarked
package dev.millrace.internal.connector;

import org.jspecify.annotations.NullMarked;
