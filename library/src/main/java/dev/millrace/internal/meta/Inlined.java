package dev.millrace.internal.meta;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The mark of a record's map of numbers whose entries are properties of the record itself, in
 * {@link RecordJson}; what is read has all numbers that are no other component's. There may be one.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Inlined {}
