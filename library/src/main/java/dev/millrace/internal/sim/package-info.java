/**
 * A Kafka cluster in memory: kafka-clients' interfaces over logs, transactions and groups that
 * behave as brokers do, on one thread and on a clock that stands still.
 *
 * <p>It answers what the engine asks; every other method of the clients throws {@link
 * java.lang.UnsupportedOperationException} with its name.
 */
@NullMarked
package dev.millrace.internal.sim;

import org.jspecify.annotations.NullMarked;
