package dev.millrace.examples.transfers;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Writes random transfers for {@link TransfersJob} to standard output, one JSON text a line, until
 * nobody reads them. {@code runner.jar put} carries them into a topic.
 *
 * <pre>
 *   java -cp transfers.jar dev.millrace.examples.transfers.TransferFeeder TRANSFERS_PER_SECOND
 * </pre>
 */
public final class TransferFeeder {

  static final int ACCOUNTS = 10_000;

  private static final int MOST_PAID = 20;
  private static final int LARGEST_AMOUNT = 50;
  private static final int ROUNDS_PER_SECOND = 20;

  private final Writer out;
  private final Random random = new Random(1);

  TransferFeeder(Writer out) {
    this.out = out;
  }

  /** Feeds until the reader of the output ends. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 1 || !args[0].matches("[1-9][0-9]{0,6}")) {
      System.err.println("Usage: TransferFeeder TRANSFERS_PER_SECOND");
      System.exit(2);
    }
    Writer out =
        new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
    new TransferFeeder(out).feed(System.out, Integer.parseInt(args[0]));
  }

  private void feed(PrintStream stdout, int perSecond) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    long written = 0;
    while (!stdout.checkError()) {
      long round = (System.nanoTime() - begun) * ROUNDS_PER_SECOND / 1_000_000_000L;
      for (long due = (round + 1) * perSecond / ROUNDS_PER_SECOND; written < due; written++) {
        write();
      }
      out.flush();
      TimeUnit.MILLISECONDS.sleep(1_000 / ROUNDS_PER_SECOND);
    }
  }

  /** Writes a transfer. Names have letters and digits only, so there is nothing to escape. */
  void write() throws IOException {
    out.write("{\"from\":\"" + account() + "\",\"to\":[");
    int paid = 1 + random.nextInt(MOST_PAID);
    for (int i = 0; i < paid; i++) {
      out.write((i == 0 ? "\"" : ",\"") + account() + "\"");
    }
    out.write("],\"amount\":" + (1 + random.nextInt(LARGEST_AMOUNT)) + "}\n");
  }

  private String account() {
    return "account" + random.nextInt(ACCOUNTS);
  }
}
