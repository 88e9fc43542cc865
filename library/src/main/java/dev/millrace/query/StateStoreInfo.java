package dev.millrace.query;

import java.util.Optional;

/**
 * A store of a job.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param name its name: the step's, for the states of a process function with the state's name
 *     after a dot
 * @param stage the stage that has it
 * @param tasks how many tasks the stage has
 * @param kind what its rows are
 * @param keyType the type of its keys, as in messages
 * @param valueType the type of its values, as in messages
 * @param refusal why it cannot be asked; empty if it can
 */
public record StateStoreInfo(
    String name,
    String stage,
    int tasks,
    Kind kind,
    String keyType,
    String valueType,
    Optional<String> refusal) {

  /** The kind of a store's rows. */
  public enum Kind {
    /** A value for each key. */
    KEYS,
    /** Values for each key and window. */
    WINDOWS,
    /** A list for each key. */
    LISTS,
    /** A map for each key. */
    MAPS,
    /** Rows for an operator's own use. */
    INTERNAL
  }
}
