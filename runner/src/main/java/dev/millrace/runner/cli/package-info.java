/**
 * The command line: its commands, their options and the table of both. Start reading at {@link
 * dev.millrace.runner.cli.Runner}; one class per command, all over the library's public types.
 */
@NullMarked
package dev.millrace.runner.cli;

import org.jspecify.annotations.NullMarked;
