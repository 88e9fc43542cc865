package dev.millrace.benchmarks;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The job of the consistency report: what is accepted, the transfers joined with themselves, what
 * each account has received, sent and holds, and the total of what all hold, which is always 0.
 */
final class BankJob {

  static final String TRANSFERS = "transfers";
  static final String ACCEPTED = "accepted";
  static final String JOINED = "joined";
  static final String CREDITS = "credits";
  static final String DEBITS = "debits";
  static final String BALANCES = "balances";
  static final String TOTAL = "total";
  static final List<String> OUTPUTS = List.of(ACCEPTED, JOINED, CREDITS, DEBITS, BALANCES, TOTAL);

  private static final Instant START = Instant.parse("2021-01-01T00:00:00Z");

  private BankJob() {}

  /** A transfer. */
  record Transfer(long id, int from, int to, long amount, int second) {}

  /** One side of a transfer, or those of several that have one account. */
  record Side(int account, long amount, long entries) {
    Side plus(Side other) {
      return new Side(account, amount + other.amount, entries + other.entries);
    }
  }

  /** An amount, and how many entries have made it. */
  record Balance(long amount, long entries) {
    Balance plus(Balance other) {
      return new Balance(amount + other.amount, entries + other.entries);
    }

    Balance minus(Balance other) {
      return new Balance(amount - other.amount, entries - other.entries);
    }
  }

  /** {@return the job, with as many tasks for each step} */
  static Job job(String name, int tasks) {
    Job job = Job.named(name);
    DataStream<Transfer> transfers =
        job.source(
                KafkaSource.json(TRANSFERS, Transfer.class)
                    .eventTime(transfer -> START.plusSeconds(transfer.second()))
                    .watermarks(
                        Watermarks.boundedOutOfOrderness(
                            Duration.ofSeconds(Transfers.DELAY_SECONDS))))
            .filter(transfer -> transfer.amount() > 0);
    transfers.to(KafkaSink.<Transfer>json(ACCEPTED).writeTime());
    transfers
        .join(transfers)
        .on(Transfer::id, Transfer::id)
        .parallelism(tasks)
        .within(Duration.ZERO, Duration.ZERO)
        .left(String.class, BankJob::pair)
        .name("join")
        .to(KafkaSink.<String>strings(JOINED).writeTime());
    transfers
        .keyBy(Transfer::to)
        .parallelism(tasks)
        .sum(Transfer::amount)
        .name("credits")
        .to(KafkaSink.<Integer, Long>upsert(CREDITS).writeTime());
    transfers
        .keyBy(Transfer::from)
        .parallelism(tasks)
        .sum(Transfer::amount)
        .name("debits")
        .to(KafkaSink.<Integer, Long>upsert(DEBITS).writeTime());
    Table<Integer, Balance> balances =
        transfers
            .flatMap(
                Side.class,
                (transfer, out) -> {
                  out.emit(new Side(transfer.to(), transfer.amount(), 1));
                  out.emit(new Side(transfer.from(), -transfer.amount(), 1));
                })
            .keyBy(Side::account)
            .parallelism(tasks)
            .reduce(Side::plus)
            .name("balances")
            .mapValues(side -> new Balance(side.amount(), side.entries()));
    balances.to(KafkaSink.<Integer, Balance>upsert(BALANCES).writeTime());
    balances
        .groupBy((account, balance) -> "all")
        .parallelism(tasks)
        .reduce(Balance::plus, Balance::minus)
        .name("total")
        .to(KafkaSink.<String, Balance>upsert(TOTAL).writeTime());
    return job;
  }

  private static String pair(Transfer left, @Nullable Transfer right) {
    return right == null ? "unmatched" : "pair";
  }
}
