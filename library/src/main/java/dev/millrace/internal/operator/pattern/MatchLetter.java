package dev.millrace.internal.operator.pattern;

import java.util.List;
import java.util.Map;

/** A match on which the program's function has failed, in a dead letter. */
record MatchLetter(Object key, Map<String, List<Object>> events) {}
