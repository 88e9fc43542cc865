/**
 * JSON text of topics, files and queries to values and back, and of stored values that have no
 * other form. The JSON library decides what text means, by rules that are pinned in {@link
 * dev.millrace.internal.codec.json.JsonCodec}; plain records go past it where both would give the
 * same.
 *
 * <p>What is stored must come back whole: types that JSON would take something from are refused
 * when a job is made ({@link dev.millrace.internal.codec.json.LostProperties}), values and keys
 * that only turn out to be such, when they are written.
 */
@NullMarked
package dev.millrace.internal.codec.json;

import org.jspecify.annotations.NullMarked;
