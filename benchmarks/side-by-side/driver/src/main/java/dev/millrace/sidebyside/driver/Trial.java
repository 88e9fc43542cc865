package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.figures.Measurement;

/** One way to measure an engine. */
interface Trial {

  /**
   * Runs an engine once.
   *
   * <p>An engine that fails or has other results is a measurement, too.
   *
   * @param round from 1
   */
  Measurement run(Contender contender, int round) throws Exception;
}
