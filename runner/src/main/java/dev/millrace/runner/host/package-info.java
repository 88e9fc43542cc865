/**
 * The host of what a command starts: a job that is loaded and run in this process, the development
 * broker as a process of its own, and the order in which both end. Knows of no command.
 */
@NullMarked
package dev.millrace.runner.host;

import org.jspecify.annotations.NullMarked;
