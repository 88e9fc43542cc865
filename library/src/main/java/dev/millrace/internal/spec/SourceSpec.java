package dev.millrace.internal.spec;

import java.lang.reflect.Type;

/** The settings of a source, as far as all kinds have them. */
public interface SourceSpec {

  /** {@return a short name, {@code [a-z0-9-]}} */
  String name();

  /** {@return the type of the records} */
  Type type();

  /** {@return how event times and watermarks are made} */
  SourceTimes times();
}
