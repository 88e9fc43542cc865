package dev.millrace.internal.codec;

/**
 * A form in which a version of a program writes keys or values, known by the id of its schema.
 *
 * <p><b>Threads.</b> Implementations are safe for any thread, unless they state otherwise.
 */
public interface StoredForm {

  /**
   * {@return the content hash of the schema of what is written; stable between JVMs and versions}
   */
  int schemaId();

  /**
   * Checks that what was written under another schema is read, or found, by this form.
   *
   * @throws dev.millrace.error.IncompatibleJobException if the writer's schema is unknown or does
   *     not fit
   */
  void checkReads(int writerSchemaId);
}
