package dev.millrace.sidebyside.engine;

/** The origin of the settings that an engine runs with. */
public enum Tuning {
  /** Its own defaults, but for what the {@link Workload} asks for: exactly-once. */
  DEFAULTS,

  /** What its documentation advises for the {@link Goal}. */
  ADVISED
}
