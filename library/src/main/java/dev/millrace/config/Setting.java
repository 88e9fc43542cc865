package dev.millrace.config;

/** The text of a setting, as given, and where it came from. */
record Setting(String value, ConfigOrigin origin) {}
