package dev.millrace.internal.state.disk;

/**
 * The space of the file system that an instance's state is on.
 *
 * @param freeBytes what this process may still write
 * @param sizeBytes how large it is
 */
public record DiskSpace(long freeBytes, long sizeBytes) {}
