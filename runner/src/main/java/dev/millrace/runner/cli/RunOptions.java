package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
      names = "--http",
      placeholder = "HOST:PORT|off",
      description =
          "The address for metrics and the state of the job (setting http.address); otherwise"
              + " 127.0.0.1:7575, or the next port that is free")
  private @Nullable String http;

  @Parameter(
      names = "--until-end",
      description = "Stop at the present ends of all inputs (setting until.end)")
  private boolean untilEnd;

  @Parameter(
      names = "--accept-truncation",
      description =
          "Continue from where a topic's log was cut off, although the job had read more of it"
              + " (setting accept.truncation)")
  private boolean acceptTruncation;

  @Parameter(
      names = "--accept-deletion",
      description =
          "Continue without records that were deleted before the job read them"
              + " (setting accept.deletion)")
  private boolean acceptDeletion;

  @Parameter(
      names = "--drop",
      placeholder = "NAME",
      description =
          "Delete a part of the deployed job that the program no longer has, with its state; may"
              + " be repeated (setting drop)")
  private List<String> drops = new ArrayList<>();

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
    if (http != null) {
      settings.put("http.address", http);
    }
    if (untilEnd) {
      settings.put("until.end", "true");
    }
    if (acceptTruncation) {
      settings.put("accept.truncation", "true");
    }
    if (acceptDeletion) {
      settings.put("accept.deletion", "true");
    }
    if (!drops.isEmpty()) {
      settings.put("drop", String.join(",", drops));
    }
    return settings;
  }
}
