package dev.millrace.examples.transfers;

import java.util.List;

/**
 * An order to pay the same amount to each of some accounts.
 *
 * @param from the account that pays
 * @param to those that are paid
 * @param amount what each of them gets
 */
record Transfer(String from, List<String> to, long amount) {}
