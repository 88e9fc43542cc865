/**
 * From the program to the stages that run: {@link dev.millrace.internal.compile.Compiler} cuts a
 * logical plan at its shuffles, names what has to be stable, fuses the rest and decides where
 * partial aggregates are made.
 */
@NullMarked
package dev.millrace.internal.compile;

import org.jspecify.annotations.NullMarked;
