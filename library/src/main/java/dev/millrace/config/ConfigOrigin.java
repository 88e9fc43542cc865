package dev.millrace.config;

/**
 * The origin of a setting's value.
 *
 * @param layer the layer, in ascending order of precedence
 * @param name the file or the variable, empty where the layer is enough
 */
public record ConfigOrigin(Layer layer, String name) {

  /** The layers; a later one overrides an earlier one. */
  public enum Layer {
    /** Nobody set it. */
    DEFAULT,
    /** A file of settings. */
    FILE,
    /** An environment variable. */
    ENVIRONMENT,
    /** A {@code -D} option. */
    COMMAND_LINE,
    /** The program itself. */
    CODE
  }

  /** {@return the origin of values that are not set} */
  public static ConfigOrigin defaults() {
    return new ConfigOrigin(Layer.DEFAULT, "");
  }

  /** {@return the origin of values from the named file} */
  public static ConfigOrigin file(String name) {
    return new ConfigOrigin(Layer.FILE, name);
  }

  /** {@return the origin of a value from the named environment variable} */
  public static ConfigOrigin environment(String variable) {
    return new ConfigOrigin(Layer.ENVIRONMENT, variable);
  }

  /** {@return the origin of values from {@code -D} options} */
  public static ConfigOrigin commandLine() {
    return new ConfigOrigin(Layer.COMMAND_LINE, "");
  }

  /** {@return the origin of values set by the program} */
  public static ConfigOrigin code() {
    return new ConfigOrigin(Layer.CODE, "");
  }

  /** {@return the origin in words, for tables and messages} */
  @Override
  public String toString() {
    return switch (layer) {
      case DEFAULT -> "default";
      case FILE -> "file " + name;
      case ENVIRONMENT -> "env " + name;
      case COMMAND_LINE -> "-D";
      case CODE -> "code";
    };
  }
}
