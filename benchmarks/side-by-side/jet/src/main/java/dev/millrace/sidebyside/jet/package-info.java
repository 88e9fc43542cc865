/** Hazelcast Jet as an engine. */
@NullMarked
package dev.millrace.sidebyside.jet;

import org.jspecify.annotations.NullMarked;
