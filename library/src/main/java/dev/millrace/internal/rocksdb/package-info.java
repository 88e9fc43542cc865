/**
 * State on disk, and the only place that knows RocksDB.
 *
 * <p>One database with one column family for each task, no write-ahead log: the changelog topic is
 * the log. Everything native takes its memory out of one {@link
 * dev.millrace.internal.rocksdb.StateMemory}.
 */
@NullMarked
package dev.millrace.internal.rocksdb;

import org.jspecify.annotations.NullMarked;
