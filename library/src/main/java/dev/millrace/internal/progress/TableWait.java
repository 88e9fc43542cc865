package dev.millrace.internal.progress;

import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StandingRows;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.WatermarkCombiner;
import dev.millrace.internal.time.Watermarks;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wait of a task for the tables that its records are looked up in: until it is over, none of
 * these records is read.
 *
 * <p>A job that runs on waits for what stood in the topics of its tables when it was first started,
 * as {@link StandingRows} defines; one that runs to the end of its input, for the ends of all
 * tables.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class TableWait {

  private static final Logger LOGGER = LoggerFactory.getLogger(TableWait.class);

  private final StageSetup setup;
  private final int task;
  private final StandingRows rows;

  /** By input, whether it is a table that is waited for. */
  private final boolean[] awaited;

  private boolean over;
  private boolean begun;

  TableWait(StageSetup setup, int task, StandingRows rows) {
    this.setup = setup;
    this.task = task;
    this.rows = rows;
    this.awaited = new boolean[setup.inputs().size()];
    this.over = true;
    for (int i = 0; i < awaited.length; i++) {
      StageInput input = setup.inputs().get(i).input();
      awaited[i] =
          setup.untilEnd()
              ? !setup.stage().goesByTimeOf(input)
              : rows.areAwaited(setup.stage(), input);
      over &= !awaited[i];
    }
  }

  /**
   * {@return whether the task waits}
   *
   * @param channels those of all inputs, one input after the other
   * @param counts how many channels each input has
   */
  boolean isOn(WatermarkCombiner channels, int[] counts) {
    if (over) {
      return false;
    }
    int first = 0;
    for (int i = 0; i < awaited.length; i++) {
      if (awaited[i] && isMissing(channels, first, counts[i])) {
        begin();
        return true;
      }
      first += counts[i];
    }
    over = true;
    if (begun) {
      log("The rows of the tables are there; the stream that is looked up in them is read now");
    }
    return false;
  }

  private boolean isMissing(WatermarkCombiner channels, int first, int count) {
    return setup.untilEnd()
        ? channels.watermark(first, count) != Watermarks.END_OF_TIME
        : channels.isLoading(first, count);
  }

  private void begin() {
    if (!begun) {
      begun = true;
      log("The stream that is looked up in tables waits for their rows");
    }
  }

  private void log(String message) {
    List<String> topics = rows.topicsOfTables(setup.stage());
    LOGGER
        .atInfo()
        .addKeyValue("job", setup.plan().job())
        .addKeyValue("task", setup.stage().name() + "-" + task)
        .addKeyValue("topics", topics)
        .log(message);
  }
}
