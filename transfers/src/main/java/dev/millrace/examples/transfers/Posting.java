package dev.millrace.examples.transfers;

/**
 * One side of a transfer.
 *
 * @param account the account
 * @param amount what it gets; less than 0 if it pays
 */
record Posting(String account, long amount) {}
