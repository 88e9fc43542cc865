package dev.millrace.internal.state;

/** Keys from {@code from} to {@code to}, exclusive, in the order of their bytes. */
final class KeyRange {

  final byte[] from;
  final byte[] to;

  KeyRange(byte[] from, byte[] to) {
    this.from = from;
    this.to = to;
  }
}
