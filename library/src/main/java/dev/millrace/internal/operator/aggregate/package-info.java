/** Running aggregates by key, whose results are tables; also of groups larger than a row. */
@NullMarked
package dev.millrace.internal.operator.aggregate;

import org.jspecify.annotations.NullMarked;
