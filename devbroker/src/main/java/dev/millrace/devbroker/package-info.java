/**
 * A real KRaft broker for development and tests, in this JVM or in a child JVM.
 *
 * <p>{@link dev.millrace.devbroker.EmbeddedKafka} runs it here, {@link
 * dev.millrace.devbroker.ChildKafka} in a JVM of its own that can be killed, {@link
 * dev.millrace.devbroker.BrokerMain} from a command line. None of it is for production: all nodes
 * share one machine, one process and one disk, and nobody is asked for a password.
 */
@NullMarked
package dev.millrace.devbroker;

import org.jspecify.annotations.NullMarked;
