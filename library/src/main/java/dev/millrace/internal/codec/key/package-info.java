/**
 * Bytes of keys, and of values that are sorted within the rows of a key. They are in topics and on
 * disks, so they never change: a key is found by its bytes.
 *
 * <p>The unsigned order of the bytes is the order of the keys. Numbers are big-endian.
 *
 * <pre>
 *  boolean            1 byte, 0 or 1
 *  byte short int long  1, 2, 4, 8 bytes, the sign bit flipped
 *  UUID               its two halves as long
 *  Instant            seconds as long, nanoseconds in 4 bytes
 *  LocalDate          year as int, month in 1 byte, day in 1 byte
 *  String             a whole key: UTF-8. In a record: UTF-8, 0x00 as 0x00 0xFF, then 0x00 0x00
 *  byte[]             as String, of its bytes
 *  enum               its name as a String in a record has it
 *  record             its components one after the other
 * </pre>
 */
@NullMarked
package dev.millrace.internal.codec.key;

import org.jspecify.annotations.NullMarked;
