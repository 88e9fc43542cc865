/**
 * The entry point of {@code java -jar runner.jar COMMAND}; everything else is in the packages
 * below.
 *
 * <p>The command line is in {@link dev.millrace.runner.cli}, which uses {@link
 * dev.millrace.runner.host} to run a job in this process, and {@link dev.millrace.runner.http} to
 * serve its state; all print by {@link dev.millrace.runner.output}.
 */
@NullMarked
package dev.millrace.runner;

import org.jspecify.annotations.NullMarked;
