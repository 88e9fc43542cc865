package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.spec.KafkaTableSpec;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * A table that every instance has whole, and the topic that they read it from.
 *
 * @param name the name of the table, unique in the job
 * @param topic the topic with its rows
 * @param keyType the type of the keys
 * @param rowType the type of the rows
 * @param ofUser the form of the topic's records, if it is a topic of the user's; empty if the job
 *     writes it
 * @param errors what becomes of the user's records that are no rows
 */
public record Broadcast(
    String name,
    String topic,
    Type keyType,
    Type rowType,
    Optional<KafkaTableSpec> ofUser,
    ErrorPolicy errors) {}
