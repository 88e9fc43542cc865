/**
 * The third example: money that moves between accounts, so that whatever counts twice or not at all
 * shows; a feeder of transfers, and an auditor who adds up all accounts while copies of the job are
 * killed.
 */
@NullMarked
package dev.millrace.examples.transfers;

import org.jspecify.annotations.NullMarked;
