package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Tuning;
import java.util.Locale;

/**
 * An engine with the settings it runs with, and what it is asked for.
 *
 * @param engine the engine
 * @param tuning whose settings
 * @param variant what it is asked for
 */
record Contender(EngineChoice engine, Tuning tuning, Variant variant) {

  /** {@return its name in reports} */
  String label() {
    return variant.label().isEmpty() ? rowLabel() : rowLabel() + ", " + variant.label();
  }

  /** {@return its name where all variants are in one row} */
  String rowLabel() {
    return engine == EngineChoice.CONSUMER
        ? engine.label()
        : engine.label() + ", " + tuning.name().toLowerCase(Locale.ROOT);
  }

  /** {@return its name in those of topics, groups and files} */
  String shortName() {
    return engine.label() + "-" + tuning.name().toLowerCase(Locale.ROOT) + variant.suffix();
  }
}
