package dev.millrace.internal.plan;

import java.lang.reflect.Type;

/**
 * Rows that a step keeps.
 *
 * @param suffix distinguishes the stores of one step; empty for the only or the main one
 * @param valueType the type of its rows
 */
public record StoreSpec(String suffix, Type valueType) {}
