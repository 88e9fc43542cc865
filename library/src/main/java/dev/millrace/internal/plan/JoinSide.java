package dev.millrace.internal.plan;

import java.lang.reflect.Type;

/**
 * A table in a join of tables.
 *
 * @param rowType the type of its rows
 * @param isNeeded whether there is a result only where this table has a row
 */
public record JoinSide(Type rowType, boolean isNeeded) {}
