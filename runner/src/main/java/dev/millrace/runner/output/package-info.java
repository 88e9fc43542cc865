/** The forms in which the runner shows anything: the terminal, tables of text, and JSON. */
@NullMarked
package dev.millrace.runner.output;

import org.jspecify.annotations.NullMarked;
