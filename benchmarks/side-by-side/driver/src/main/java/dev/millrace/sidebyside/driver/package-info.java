/** Runs engines in turn, each alone in a process of its own, and measures them from outside. */
@NullMarked
package dev.millrace.sidebyside.driver;

import org.jspecify.annotations.NullMarked;
