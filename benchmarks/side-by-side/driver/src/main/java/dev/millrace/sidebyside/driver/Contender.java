package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Tuning;
import java.util.Locale;

/**
 * An engine with the settings it runs with.
 *
 * @param engine the engine
 * @param tuning whose settings
 */
record Contender(EngineChoice engine, Tuning tuning) {

  /** {@return its name in reports} */
  String label() {
    return engine == EngineChoice.CONSUMER
        ? engine.label()
        : engine.label() + ", " + tuning.name().toLowerCase(Locale.ROOT);
  }

  /** {@return its name in those of topics, groups and files} */
  String shortName() {
    return engine.label() + "-" + tuning.name().toLowerCase(Locale.ROOT);
  }
}
