/**
 * The functions a job is made of.
 *
 * <p>Every interface here is {@link java.io.Serializable} for one reason only: it lets the builder
 * read a lambda's types, so that no serde has to be named. Functions are never written to bytes.
 * They may throw any exception; the operator's error policy then decides about the record.
 */
@NullMarked
package dev.millrace.function;

import org.jspecify.annotations.NullMarked;
