package dev.millrace.examples.fraud;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Writes payments with fraud among them for {@link FraudJob} to standard output, one JSON text a
 * line, until nobody reads them. {@code runner.jar put} carries them into a topic.
 *
 * <pre>
 *   java -cp fraud.jar dev.millrace.examples.fraud.PaymentFeeder SEED PAYMENTS_PER_SECOND SECONDS
 * </pre>
 *
 * <p>Fraud begins in the first so many seconds. Event time goes by {@value FraudPlan#SPEED} times
 * as fast as the clock.
 */
public final class PaymentFeeder {

  private static final int ROUNDS_PER_SECOND = 20;

  private PaymentFeeder() {}

  /** Feeds until the reader of the output ends. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 3
        || !args[0].matches("[0-9]{1,18}")
        || !args[1].matches("[1-9][0-9]{0,6}")
        || !args[2].matches("[1-9][0-9]{0,6}")) {
      System.err.println("Usage: PaymentFeeder SEED PAYMENTS_PER_SECOND SECONDS");
      System.exit(2);
    }
    long seed = Long.parseLong(args[0]);
    int perSecond = Integer.parseInt(args[1]);
    FraudPlan plan = new FraudPlan(seed, Integer.parseInt(args[2]));
    Traffic traffic = new Traffic(seed, perSecond, plan);
    Writer out =
        new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
    long begun = System.nanoTime();
    while (!System.out.checkError()) {
      long round = (System.nanoTime() - begun) * ROUNDS_PER_SECOND / 1_000_000_000L;
      long due = (round + 1) * perSecond / ROUNDS_PER_SECOND;
      while (traffic.made() < due) {
        out.write(json(traffic.next()));
        out.write('\n');
      }
      out.flush();
      TimeUnit.MILLISECONDS.sleep(1_000 / ROUNDS_PER_SECOND);
    }
  }

  /** {@return a payment as JSON} Names have letters, digits and hyphens, so nothing is escaped. */
  static String json(Payment payment) {
    return String.format(
        Locale.ROOT,
        "{\"card\":\"%s\",\"timeMs\":%d,\"cents\":%d,\"country\":\"%s\"}",
        payment.card(),
        payment.timeMs(),
        payment.cents(),
        payment.country());
  }
}
