package dev.millrace.internal.operator.aggregate;

/**
 * A value that comes or goes.
 *
 * @param order what it is in order by
 * @param by how much more often it is there
 * @param bytes about how many bytes it was sent as; 0 if that is not known
 */
record ValueChange(Object value, Object order, long by, int bytes) {}
