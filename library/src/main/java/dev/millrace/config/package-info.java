/**
 * The settings of a job: few, typed, each with a default and with the origin of its value.
 *
 * <p>{@code JobConfig.builder().set("bootstrap.servers", "kafka:9092").build()} is the usual way
 * in; {@link dev.millrace.config.ConfigLayers} puts files, environment, {@code -D} and code on top
 * of each other.
 */
@NullMarked
package dev.millrace.config;

import org.jspecify.annotations.NullMarked;
