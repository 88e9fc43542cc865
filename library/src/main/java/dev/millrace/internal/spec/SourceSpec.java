package dev.millrace.internal.spec;

import java.lang.reflect.Type;
import java.util.List;

/** The settings that all kinds of sources have. */
public interface SourceSpec {

  /** {@return a short name, {@code [a-z0-9-]}} */
  String name();

  /** {@return what it reads, for messages: a kind and a name} */
  String origin();

  /** {@return the sources that are read by a stage each; the source itself, if it is one} */
  default List<SourceSpec> parts() {
    return List.of(this);
  }

  /** {@return the type of the records} */
  Type type();

  /** {@return how event times and watermarks are made} */
  SourceTimes times();
}
