package dev.millrace.connector;

/** A compression of the records that a {@link KafkaSink} writes. */
public enum Compression {
  /** None: every client can read it. */
  NONE,
  GZIP,
  SNAPPY,
  LZ4,
  ZSTD
}
