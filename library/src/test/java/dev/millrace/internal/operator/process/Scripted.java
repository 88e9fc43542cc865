package dev.millrace.internal.operator.process;

import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import java.time.Instant;
import java.util.List;

/** Does what each record says, with state of every kind; tells of its timers. */
final class Scripted extends KeyedProcessFunction<String, Scripted.Action, String> {

  /** What a record asks for. */
  interface Action {
    void run(Scripted function, KeyedProcessFunction<String, Action, String>.Context context)
        throws Exception;
  }

  static final OutputTag<String> SIDE = OutputTag.of("side", String.class);

  final ValueState<Long> value = state.value("value", Long.class);
  final ValueState<List<String>> texts = state.value("texts", new TypeRef<List<String>>() {});
  final ListState<String> list = state.list("list", String.class);
  final MapState<Integer, String> map = state.map("map", Integer.class, String.class);

  /** What the next timers do, besides telling. */
  Action onTimer = (function, context) -> {};

  @Override
  public void onRecord(Action action, Context context) throws Exception {
    action.run(this, context);
  }

  @Override
  public void onTimer(Instant time, Context context) throws Exception {
    context.emit(context.key() + " " + context.domain() + " " + time.toEpochMilli());
    onTimer.run(this, context);
  }
}
