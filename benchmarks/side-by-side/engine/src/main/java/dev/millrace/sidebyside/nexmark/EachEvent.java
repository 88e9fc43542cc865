package dev.millrace.sidebyside.nexmark;

/**
 * A result of each event by itself, or none.
 *
 * @param result the result of an event
 */
public record EachEvent(Selection<String> result) implements QueryPlan {}
