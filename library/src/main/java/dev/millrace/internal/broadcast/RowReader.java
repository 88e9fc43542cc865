package dev.millrace.internal.broadcast;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The reader of the records of a table's topic.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the table.
 */
interface RowReader extends AutoCloseable {

  /** The receiver of the content of a record. */
  interface Rows {
    /**
     * Takes the row of a record.
     *
     * @param key the key
     * @param row the row
     * @param stored its bytes, as the table keeps them
     */
    void put(KeyBytes key, Object row, byte[] stored);

    /** Takes the deletion of a row. */
    void delete(KeyBytes key);
  }

  /** Reads one record; what is no row is dealt with here. */
  void read(ConsumerRecord<byte[], byte[]> record, Rows rows);

  @Override
  default void close() {}
}
