/** What runs a job and the broker of a developer. */
@NullMarked
package dev.millrace.runner.host;

import org.jspecify.annotations.NullMarked;
