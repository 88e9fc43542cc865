package dev.millrace.sidebyside.flink;

import dev.millrace.sidebyside.engine.WordJob;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** The function that makes a result of a word, its window and its count. */
final class KeyByWindow implements WindowFunction<Long, Count, String, TimeWindow> {

  private static final long serialVersionUID = 1L;

  @Override
  public void apply(String word, TimeWindow window, Iterable<Long> counts, Collector<Count> out) {
    for (long count : counts) {
      out.collect(new Count(WordJob.windowKey(word, window.getStart()), count));
    }
  }
}
