@NullMarked
package dev.millrace.runner.peer;

import org.jspecify.annotations.NullMarked;
