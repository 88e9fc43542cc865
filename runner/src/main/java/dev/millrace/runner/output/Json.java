package dev.millrace.runner.output;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Results for programs. */
public final class Json {

  /** Writes a line. */
  public static final JsonMapper LINE = JsonMapper.builder().build();

  /** Writes for people too. */
  public static final JsonMapper PRETTY =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Json() {}
}
