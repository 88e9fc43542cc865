/**
 * Tests of jobs in one process, without a broker: the real engine on a Kafka in memory and a clock
 * that the test moves. Begin at {@link dev.millrace.testkit.JobTest}.
 */
@NullMarked
package dev.millrace.testkit;

import org.jspecify.annotations.NullMarked;
