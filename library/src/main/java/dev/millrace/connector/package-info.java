/**
 * The origins of records and the destinations of results: specifications of sources and sinks, and
 * the interfaces for your own.
 *
 * <p>Example: {@code job.source(KafkaSource.json("words", Word.class))}.
 */
@NullMarked
package dev.millrace.connector;

import org.jspecify.annotations.NullMarked;
