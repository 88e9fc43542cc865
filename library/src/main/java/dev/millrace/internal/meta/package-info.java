/**
 * The data that a job keeps in Kafka about itself: the manifest that all instances have agreed on,
 * schemas, and the reports of instances. Instances write it, administration reads it without the
 * program.
 */
@NullMarked
package dev.millrace.internal.meta;

import org.jspecify.annotations.NullMarked;
