package dev.millrace.examples.transfers;

import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ValueState;

/** The accounts: each posting changes one of them. */
final class Accounts extends KeyedProcessFunction<String, Posting, Balance> {

  private final ValueState<Long> balance = state.value("balance", Long.class);

  @Override
  public void onRecord(Posting posting, Context context) {
    long after = balance.valueOr(0L) + posting.amount();
    balance.set(after);
    context.emit(new Balance(context.key(), after));
  }
}
