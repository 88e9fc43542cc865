/**
 * Bytes of values: compact ones with evolution, JSON where nothing else fits. What is described
 * here is in topics and on disks, so it is never changed, only added to. The bytes of keys are in
 * {@link dev.millrace.internal.codec.key}, JSON text in {@link dev.millrace.internal.codec.json},
 * and what the three share in {@link dev.millrace.internal.codec.object}.
 *
 * <h2>Values</h2>
 *
 * In state and changelogs a value follows {@code 0x01} and its schema id ({@link
 * dev.millrace.internal.codec.StoredValues}); in frames the head of the frame has the id. A
 * <i>varint</i> is LEB128, a <i>zigzag</i> a signed varint, fixed widths are big-endian.
 *
 * <pre>
 *  tag  type             bytes
 *    1  boolean          * 0 or 1
 *    2  byte             1 byte
 *    3  short            zigzag
 *    4  char             varint
 *    5  int              zigzag
 *    6  long             zigzag
 *    7  float            4 bytes, IEEE 754
 *    8  double           8 bytes, IEEE 754
 *    9  String           * varint length in bytes, UTF-8; half of a surrogate pair as if it were
 *                        a character, in 3 bytes
 *   10  byte[]           * varint length, bytes
 *   11  BigInteger       * varint length, two's complement
 *   12  BigDecimal       * varint length, unscaled value in two's complement, scale as zigzag
 *   13  UUID             16 bytes
 *   14  Instant          seconds as zigzag, nanoseconds as varint
 *   15  Duration         seconds as zigzag, nanoseconds as varint
 *   16  LocalDate        epoch day as zigzag
 *   17  LocalTime        nanosecond of the day as varint
 *   18  LocalDateTime    LocalDate, LocalTime
 *   19  OffsetDateTime   LocalDateTime, offset in seconds as zigzag
 *   20  ZonedDateTime    OffsetDateTime, zone's name as String
 *   32  enum             * varint index into the schema's constants
 *   33  list             * varint (count << 1 | slots), then elements, as slots if the bit is set
 *   34  map              * as list, with a key and a value in turn
 *   35  optional         * 0 or 1, then the value
 *   36  record           its components one after the other, those that may be null as slots;
 *                        a record without components: one byte 0
 *   36  sealed type      * varint index into the schema's cases, then the value
 *   37  JSON             * varint length, UTF-8 text; a whole value: the text alone
 *   38  by a serde       * varint length, the bytes that the program's own serde made
 * </pre>
 *
 * A <i>slot</i> holds a value or null. Types marked * start with a varint: in a slot it is one
 * higher, and 0 is null. Of other types a slot has a byte 1 before the value, and null is a byte 0.
 * Components of a primitive type are no slots, all others are. A whole value is no slot. Lists are
 * all collections and arrays but byte[].
 *
 * <h2>Schemas</h2>
 *
 * A schema id is the murmur2 hash of the schema's description. Classes are not part of it, so they
 * may be renamed and moved; components, enum constants and subtypes of sealed types are known by
 * name, components by the one that they have in JSON.
 *
 * <pre>
 *  1 byte   version, 1
 *  varint   number of definitions (records and sealed types, in the order they are met)
 *  each     1 byte 1 (record): varint count; each: name, 1 byte nullable, type
 *           1 byte 2 (sealed): varint count; each in the order of names: simple name, type
 *  type     of the value: 1 byte tag; after 32: varint count, names; after 33 and 35: type;
 *           after 34: two types; after 36: varint number of the definition;
 *           after 37: what is in the text, as a schema without its version;
 *           after 38: the simple name of the type
 * </pre>
 *
 * In the description of JSON text a record is an object, its components are the properties in the
 * order of their names, and 31 is a value of which nothing is known. Names are varint length and
 * UTF-8. A reader resolves values of an older schema: components are matched by name, or by an
 * alias; one that is new is null, zero or empty; one that is gone is refused, or skipped if the
 * record declares that it was dropped; byte, short and int may become wider, float a double;
 * primitives may become their wrappers and back (null is zero then). Anything else is refused when
 * the older schema is first met.
 */
@NullMarked
package dev.millrace.internal.codec;

import org.jspecify.annotations.NullMarked;
