package dev.millrace.internal.state.store;

/**
 * The native memory that an instance's stores share.
 *
 * @param usedBytes what blocks that were read and rows that are in no file yet take
 * @param limitBytes what they may take
 */
public record SharedMemory(long usedBytes, long limitBytes) {}
