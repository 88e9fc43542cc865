package dev.millrace.runner.host;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The pace of one instance, which is looked at once a second.
 *
 * @param recordsPerSecond records that its sources have processed, over the last ten seconds; empty
 *     for the first second
 * @param commits transactions committed since the start, over all stages
 * @param lastCommit when a look first showed the newest of them; empty if there is none
 */
public record Activity(
    OptionalDouble recordsPerSecond, long commits, Optional<Instant> lastCommit) {}
