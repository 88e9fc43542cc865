package dev.millrace.internal.operator.pattern;

import java.time.Instant;

/** An event on which a condition has failed when its turn had come, in a dead letter. */
record EventLetter(Object key, Instant time, Object value) {}
