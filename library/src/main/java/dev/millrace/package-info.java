/** The fluent builder: {@code Job}, {@code DataStream} and the streams derived from it. */
@NullMarked
package dev.millrace;

import org.jspecify.annotations.NullMarked;
