/** The admin server: what it refuses, what it answers, and whom it lets wait. */
@NullMarked
package dev.millrace.runner.http;

import org.jspecify.annotations.NullMarked;
