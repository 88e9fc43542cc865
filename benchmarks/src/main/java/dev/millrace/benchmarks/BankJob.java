package dev.millrace.benchmarks;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

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

  /** One side of a transfer. */
  record Entry(int account, long amount) {}

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
        .left(String.class, (left, right) -> right == null ? "unmatched" : "pair")
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
                Entry.class,
                (transfer, out) -> {
                  out.emit(new Entry(transfer.to(), transfer.amount()));
                  out.emit(new Entry(transfer.from(), -transfer.amount()));
                })
            .keyBy(Entry::account)
            .parallelism(tasks)
            .aggregate(new Sum())
            .name("balances");
    balances.to(KafkaSink.<Integer, Balance>upsert(BALANCES).writeTime());
    balances
        .groupBy((account, balance) -> "all")
        .parallelism(tasks)
        .reduce(Balance::plus, Balance::minus)
        .name("total")
        .to(KafkaSink.<String, Balance>upsert(TOTAL).writeTime());
    return job;
  }

  /** Adds up entries. */
  static final class Sum implements Aggregation<Entry, Balance, Balance> {
    @Override
    public Balance create() {
      return new Balance(0, 0);
    }

    @Override
    public Balance add(Balance balance, Entry entry) {
      return balance.plus(new Balance(entry.amount(), 1));
    }

    @Override
    public Balance merge(Balance left, Balance right) {
      return left.plus(right);
    }

    @Override
    public Balance finish(Balance balance) {
      return balance;
    }
  }
}
