/**
 * The use of Kafka's clients: how they are made and sized, topics and offsets through the admin
 * client, the placement of tasks on group members, and the hunt for transactions that a dead owner
 * left open.
 *
 * <p>The seam to the rest of the engine is {@link dev.millrace.internal.kafka.KafkaClients}, which
 * returns kafka-clients' own interfaces.
 *
 * <h2>The data that members send each other</h2>
 *
 * <p>Both formats start with {@code byte version, byte readableBy}: a reader accepts data whose
 * {@code readableBy} is at most its own version, ignores what follows the fields it knows, and
 * treats the author of any other data as a member about which nothing is known. So a rolling
 * upgrade needs no common version.
 *
 * <pre>
 * subscription (member to leader), version 1
 *   byte    version                1
 *   byte    readableBy             1
 *   string  instance id            varint length, UTF-8
 *   string  transactional id       varint length, UTF-8
 *   varint  number of held tasks
 *     varint  task
 *     zigzag  transaction sequence of its local state
 *
 * assignment (leader to member), version 1
 *   byte    version                1
 *   byte    readableBy             1
 *   varint  number of transactional ids of members that departed
 *     string  id
 *   varint  number of transactional ids of present members
 *     string  id
 * </pre>
 */
@NullMarked
package dev.millrace.internal.kafka;

import org.jspecify.annotations.NullMarked;
