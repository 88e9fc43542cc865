package dev.millrace.examples.transfers;

/**
 * What is in an account after a posting.
 *
 * @param account the account
 * @param balance all that it has got, less all that it has paid, since its opening
 */
record Balance(String account, long balance) {}
