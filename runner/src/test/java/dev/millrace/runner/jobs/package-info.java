/** Jobs, and jars of them, that tests of all rooms run. */
@NullMarked
package dev.millrace.runner.jobs;

import org.jspecify.annotations.NullMarked;
