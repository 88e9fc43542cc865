package dev.millrace.sidebyside.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Emits the new count of each word it gets. */
final class RunningCount extends KeyedProcessFunction<String, String, Count> {

  private static final long serialVersionUID = 1L;

  private transient @Nullable ValueState<Long> counts;

  @Override
  public void open(OpenContext context) {
    counts = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
  }

  @Override
  public void processElement(String word, Context context, Collector<Count> out) throws Exception {
    ValueState<Long> state = counts;
    if (state == null) {
      throw new IllegalStateException("not open");
    }
    Long before = state.value();
    long count = before == null ? 1 : before + 1;
    state.update(count);
    out.collect(new Count(word, count));
  }
}
