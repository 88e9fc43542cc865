package dev.millrace.runner.peer;

import org.jspecify.annotations.Nullable;

/**
 * An instance whose part of an answer is missing.
 *
 * @param instance its name
 * @param http where it was asked; null if it does not report that
 * @param reason why there is no answer
 */
public record Unanswered(String instance, @Nullable String http, String reason) {}
