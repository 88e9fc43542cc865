/** The command line, in this process. */
@NullMarked
package dev.millrace.runner.cli;

import org.jspecify.annotations.NullMarked;
