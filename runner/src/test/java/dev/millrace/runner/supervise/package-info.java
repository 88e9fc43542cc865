/** Tests of the supervision of an instance. */
@NullMarked
package dev.millrace.runner.supervise;

import org.jspecify.annotations.NullMarked;
