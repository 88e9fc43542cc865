package dev.millrace.examples.transfers;

/**
 * The balance of an account after a posting.
 *
 * @param account the account
 * @param balance all that it has got, less all that it has paid, since its opening
 */
record Balance(String account, long balance) {}
