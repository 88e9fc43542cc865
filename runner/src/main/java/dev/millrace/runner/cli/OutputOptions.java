package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;

/** The option of commands whose answer is for people or for programs. */
final class OutputOptions {

  /** The forms of an answer. */
  private enum Form {
    TEXT,
    JSON
  }

  @Parameter(
      names = {"-o", "--output"},
      placeholder = "text|json",
      description = "The form of the output (text)")
  private Form form = Form.TEXT;

  boolean isJson() {
    return form == Form.JSON;
  }
}
