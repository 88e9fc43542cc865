/** Kafka Streams as an engine. */
@NullMarked
package dev.millrace.sidebyside.kafkastreams;

import org.jspecify.annotations.NullMarked;
