package dev.millrace;

import dev.millrace.internal.plan.FromInput;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ListState;
import dev.millrace.table.Change;
import dev.millrace.window.WindowResult;
import java.util.List;

/** Streams that meet by key in an operator of several inputs. */
final class TwoInputs {

  private TwoInputs() {}

  /** Pairs each value of a key with all those of the other side, each pair once. */
  static final class Pairs extends KeyedProcessFunction<String, FromInput, String> {
    private final ListState<String> left = state.list("left", String.class);
    private final ListState<String> right = state.list("right", String.class);

    @Override
    public void onRecord(FromInput record, Context context) {
      String value = (String) record.value();
      if (record.input() == 0) {
        left.add(value);
        right.values().forEach(other -> context.emit(value + "+" + other));
      } else {
        right.add(value);
        left.values().forEach(other -> context.emit(other + "+" + value));
      }
    }
  }

  /** {@return the pairs of values that begin with the same letter} */
  static DataStream<String> pairs(DataStream<String> left, DataStream<String> right) {
    return pairs(byLetter(left), byLetter(right));
  }

  static DataStream<String> pairs(
      KeyedStream<String, String> left, KeyedStream<String, String> right) {
    return KeyedStream.process(List.of(left, right), Pairs::new);
  }

  static KeyedStream<String, String> byLetter(DataStream<String> stream) {
    return stream.keyBy(value -> value.substring(0, 1));
  }

  /** {@return the changes of a table by its key, in its stage} */
  static KeyedStream<String, Change<String, Long>> byKey(DataStream<Change<String, Long>> changes) {
    return changes.byKeptKey(KeptKey.OF_CHANGE, String.class);
  }

  /** {@return the results of windows by their key, in their stage} */
  static <T> KeyedStream<String, WindowResult<String, T>> byWindowKey(
      DataStream<WindowResult<String, T>> results) {
    return results.byKeptKey(KeptKey.OF_WINDOW_RESULT, String.class);
  }
}
