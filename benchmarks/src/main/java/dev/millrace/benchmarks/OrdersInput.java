package dev.millrace.benchmarks;

import java.util.Arrays;
import java.util.Random;

/**
 * Two tables as topics, orders and the customers that they refer to, with as many keys each, and
 * changes to both in turn: most give a row another value, a tenth of those of orders another
 * customer, and one in fifty deletes a row. It knows what the tables have in the end.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class OrdersInput {

  static final String ORDERS = "orders";
  static final String CUSTOMERS = "customers";

  /** The row of a key that has none. */
  static final long NONE = -1;

  private static final int ONE_DELETES_IN = 50;
  private static final int ONE_MOVES_IN = 10;

  private final Random random = new Random(42);
  private final long[] cents;
  private final int[] customers;
  private final long[] limits;

  OrdersInput(int keys) {
    cents = new long[keys];
    customers = new int[keys];
    limits = new long[keys];
    Arrays.fill(cents, NONE);
    Arrays.fill(limits, NONE);
  }

  /** A final table: how many rows it has, and a sum over them. */
  record Content(long rows, long checksum) {
    static final Content EMPTY = new Content(0, 0);

    Content with(long key, long cents, long limit) {
      return new Content(rows + 1, checksum + hash(key, cents, limit));
    }
  }

  /** {@return a number that a row of the result adds to the checksum} */
  static long hash(long key, long cents, long limit) {
    long mixed = (key * 0x9E3779B97F4A7C15L + cents) * 0xBF58476D1CE4E5B9L + limit;
    return (mixed ^ mixed >>> 29) * 0x94D049BB133111EBL;
  }

  /** Writes a row for each key of both tables. */
  void load(String bootstrap) {
    try (InputWriter writer = new InputWriter(bootstrap)) {
      for (int key = 0; key < cents.length; key++) {
        setCustomer(writer, key);
        customers[key] = random.nextInt(cents.length);
        setOrder(writer, key);
      }
    }
  }

  /** Writes changes to both tables in turn. */
  void change(String bootstrap, int changes) {
    try (InputWriter writer = new InputWriter(bootstrap)) {
      for (int i = 0; i < changes; i++) {
        int key = random.nextInt(cents.length);
        boolean deletes = random.nextInt(ONE_DELETES_IN) == 0;
        if (i % 2 == 0) {
          if (deletes) {
            cents[key] = NONE;
            writer.write(ORDERS, Integer.toString(key), null);
          } else {
            if (random.nextInt(ONE_MOVES_IN) == 0) {
              customers[key] = random.nextInt(cents.length);
            }
            setOrder(writer, key);
          }
        } else if (deletes) {
          limits[key] = NONE;
          writer.write(CUSTOMERS, Integer.toString(key), null);
        } else {
          setCustomer(writer, key);
        }
      }
    }
  }

  /** {@return each order with the customer that has its key} */
  Content byKey() {
    Content content = Content.EMPTY;
    for (int key = 0; key < cents.length; key++) {
      content = cents[key] == NONE ? content : content.with(key, cents[key], limits[key]);
    }
    return content;
  }

  /** {@return each order with the customer that it refers to} */
  Content byForeignKey() {
    Content content = Content.EMPTY;
    for (int key = 0; key < cents.length; key++) {
      content =
          cents[key] == NONE ? content : content.with(key, cents[key], limits[customers[key]]);
    }
    return content;
  }

  private void setOrder(InputWriter writer, int key) {
    cents[key] = random.nextInt(1_000_000_000);
    writer.write(
        ORDERS,
        Integer.toString(key),
        "{\"customer\":"
            + customers[key]
            + ",\"cents\":"
            + cents[key]
            + ",\"item\":\"item-"
            + (key * 31L) % 100_000
            + "\"}");
  }

  private void setCustomer(InputWriter writer, int key) {
    limits[key] = random.nextInt(1_000_000_000);
    writer.write(
        CUSTOMERS,
        Integer.toString(key),
        "{\"name\":\"customer-" + key + "\",\"limit\":" + limits[key] + "}");
  }
}
