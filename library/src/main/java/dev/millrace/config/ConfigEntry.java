package dev.millrace.config;

/**
 * One line of the table of effective settings.
 *
 * @param key the setting's name
 * @param value its effective value as text; secrets are masked
 * @param origin where the value came from
 * @param defaultValue its default; empty if it has none
 * @param description what the setting does, in one line
 */
public record ConfigEntry(
    String key, String value, ConfigOrigin origin, String defaultValue, String description) {}
