/**
 * Micro-benchmarks of single parts of the engine. Those of parts that only their own package can
 * reach are in packages of the same names as these parts.
 */
@NullMarked
package dev.millrace.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
