package dev.millrace.runner.host;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The choice of some dead letters: the newest ones, or those before one.
 *
 * @param partition the only partition; empty for all
 * @param before the offset that they come before; empty for the end. Only with a partition
 * @param most how many of them at most
 */
public record LetterRange(OptionalInt partition, OptionalLong before, int most) {}
