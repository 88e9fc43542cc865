package dev.millrace.runner.host;

import dev.millrace.admin.JobStatus;
import java.time.Instant;
import java.util.OptionalDouble;

/**
 * The status of a job at the moment when Kafka was asked for it.
 *
 * @param status the status, over all instances
 * @param asOf that moment
 * @param recordsPerSecond records that all sources have processed, since an answer of at least five
 *     seconds before; empty if there is none, or an instance was started anew since
 */
public record SeenStatus(JobStatus status, Instant asOf, OptionalDouble recordsPerSecond) {}
