/**
 * The command line: {@code java -jar runner.jar COMMAND}. Start reading at {@link
 * dev.millrace.runner.Runner}; one class per command, all over the library's public types.
 */
@NullMarked
package dev.millrace.runner;

import org.jspecify.annotations.NullMarked;
