/**
 * The three formats in which Millrace talks to itself through Kafka: shuffle frames, commit frames
 * and small frames.
 *
 * <p>Fixed-width numbers are big-endian. A <i>varint</i> is an unsigned 32-bit LEB128 number (1 to
 * 5 bytes), a <i>varlong</i> an unsigned 64-bit one (1 to 10), a <i>zigzag</i> a signed 64-bit
 * number as a varlong; <i>bytes</i> are a varint length and as many bytes, a <i>string</i> is the
 * same in UTF-8. Bits that no version has given a meaning must be 0. An unknown watermark is
 * absent: its presence bit is 0. The end of time is {@code Long.MAX_VALUE}.
 *
 * <h2>Shuffle frame, version 1</h2>
 *
 * <p>The value of a record on a shuffle topic: what one worker has for one downstream partition,
 * from all of its upstream partitions. The channel updates take effect <i>after</i> the entries; a
 * channel without an update stays as it was.
 *
 * <p>Of several frames that a transaction has for the partition, each has bit 1 of the flags and
 * names the sender, and the last one also has bit 0. The number of a sender only serves to
 * distinguish those that write at the same time. Under at-least-once no frame has bit 1.
 *
 * <pre>
 * offset
 *  0      +--------+--------+--------+
 *         |  0x4D  |  0x01  | flags  |                  flags: bit 0 last frame of the transaction,
 *         |        |        |        |                         bit 1 one of several of it
 *  3      +--------+--------+--------+--------+
 *         | int32  schema id of record values |
 *  7      +--------+--------+--------+--------+
 *         | int32  schema id of partials      |
 * 11      +--------+--------+--------+--------+
 *         | int32  number of the sender       |         if bit 1 of the flags is set
 *         +-----------------------------------+
 *         | varint  channel count of the edge |
 *         | varint  number of updates         |         at most the channel count
 *         +-----------------------------------+
 *         | update *                          |
 *         |   varint   channel                |         upstream partition, below the channel count
 *         |   byte     status                 |         0 ACTIVE, 1 IDLE, 2 FINISHED, 3 LOADING
 *         |   varlong  owner epoch            |         of the upstream task
 *         |   byte     presence               |         bit 0 event time, bit 1 processing time
 *         |   zigzag   event-time watermark   |         if present
 *         |   zigzag   processing-time w.     |         if present
 *         +-----------------------------------+
 *         | zigzag  base time                 |         the first entry's time, 0 without entries
 *         | varint  number of entries         |
 *         +-----------------------------------+
 *         | entry *                           |
 *         |   bytes    key                    |
 *         |   zigzag   time - base            |         modulo 2^64, so that any two times will do
 *         |   byte     kind                   |         bit 0 retraction, bit 1 partial aggregate,
 *         |                                   |         bit 2 time too far ahead of the clock;
 *         |                                   |         never both bit 0 and bit 1
 *         |   bytes    value                  |         of a partial aggregate: zigzag records,
 *         |                                   |         those taken back subtracted,
 *         |                                   |         varlong milliseconds from first to last,
 *         |                                   |         accumulator
 *         +-----------------------------------+         nothing follows
 * </pre>
 *
 * <h2>Commit frame, version 1</h2>
 *
 * <p>The one record per task and transaction that makes a changelog self-describing.
 *
 * <pre>
 *         0x43 0x01
 *         int64 int64   job uuid
 *         varint        reset epoch
 *         string        stage
 *         varint        task
 *         varlong       transaction sequence
 *         varlong       owner epoch
 *         string        transactional id
 *         progress      of the task's output
 *         bytes         position inside the source's split
 *         varint, then  input positions: string topic, int64 int64 topic id, varlong offset,
 *                                        zigzag leader epoch (-1 unknown)
 *         varint, then  channel vectors
 *         varint, then  prepared outputs: string sink, bytes state
 *
 * progress:
 *         byte          bits 0-1 status, bit 2 event time present, bit 3 processing time present
 *         zigzag        event-time watermark, if present
 *         zigzag        processing-time watermark, if present
 *
 * channel vector:
 *         varint        input index
 *         byte          bit 0 event time present, bit 1 processing time present, bits 2 and 3
 *                       likewise for the input's own where they are not the combined ones
 *         zigzag        event-time watermark of all inputs combined, if present
 *         zigzag        processing-time watermark likewise
 *         zigzag        event-time watermark of this input minus the combined one, if present
 *         zigzag        processing-time watermark likewise
 *         varint, then  channels: progress, in which present watermarks are differences to the
 *                       combined ones (to 0 where these are absent) modulo 2^64, and
 *                       varlong owner epoch + 1 (0 for a channel that has not spoken)
 * </pre>
 *
 * <h2>Small frame, version 2</h2>
 *
 * <p>What a task without state commits: the metadata string of its offset, which is this in
 * unpadded base64url (RFC 4648, section 5). Kafka keeps 4096 characters of it.
 *
 * <pre>
 *         0x53 0x02
 *         progress      of the task's output
 *         varlong       transaction sequence
 *         varlong       owner epoch
 *         bytes         position inside the source's split
 *         varint, then  channel vectors, up to and without their channels as above, then
 *
 * channels by column:
 *         varint        number of channels, at most 5000 in all vectors; nothing follows if it is 0
 *         byte          number of different kinds
 *         byte *        the kinds: bits 0-1 status, bits 2-3 event time, bits 4-5 processing time,
 *                       each of them 0 absent, 1 present, 2 the end of time
 *         bits          for each channel the index of its kind, in as many bits as the highest takes
 *         runs *        varint channels, zigzag owner epoch minus that of the run before
 *         column        event-time watermarks of the channels that have one
 *         column        processing-time watermarks likewise
 *
 * column, in blocks of 64 numbers:
 *         zigzag        the least number minus that of the block before
 *         byte          width in bits of what follows; 0 if all are equal to the least
 *         byte          shift, if the width is not 0
 *         bits          for each number (number - least) &gt;&gt;&gt; shift
 *
 * bits: least significant first, filled up with 0 to a whole byte
 * </pre>
 *
 * <p>History: 1 is the first version of all three. A small frame of version 1 had its channels as
 * the commit frame has; it is still read. A reader refuses a version it does not know.
 *
 * <p>{@link FrameReader} allocates nothing; the other two decoders allocate in proportion to their
 * input. No input makes any of them loop, and what they cannot read is a {@link
 * dev.millrace.internal.util.MalformedBytesException}.
 */
@NullMarked
package dev.millrace.internal.frame;

import org.jspecify.annotations.NullMarked;
