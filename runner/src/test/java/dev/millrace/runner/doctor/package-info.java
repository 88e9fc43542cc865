/** What the doctor makes of what it sees. */
@NullMarked
package dev.millrace.runner.doctor;

import org.jspecify.annotations.NullMarked;
