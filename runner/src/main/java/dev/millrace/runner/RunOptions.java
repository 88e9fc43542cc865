package dev.millrace.runner;

import com.beust.jcommander.Parameter;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of commands that run a job; each stands for a setting. */
final class RunOptions {

  @Parameter(
      names = "--threads",
      placeholder = "N",
      description = "Threads per stage (setting workers)")
  private @Nullable Integer threads;

  @Parameter(
      names = "--stages",
      placeholder = "A,B",
      description = "Only these stages run here (setting stages)")
  private @Nullable String stages;

  @Parameter(
      names = "--state-dir",
      placeholder = "DIR",
      description = "Where local state is kept (setting state.dir)")
  private @Nullable String stateDir;

  @Parameter(
      names = "--until-end",
      description = "Stop at what is the end of all inputs now (setting until.end)")
  private boolean untilEnd;

  Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    if (threads != null) {
      settings.put("workers", threads.toString());
    }
    if (stages != null) {
      settings.put("stages", stages);
    }
    if (stateDir != null) {
      settings.put("state.dir", stateDir);
    }
    if (untilEnd) {
      settings.put("until.end", "true");
    }
    return settings;
  }
}
