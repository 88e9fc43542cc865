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
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The job of the consistency report: what is accepted, the transfers joined with themselves, what
 * each account has received and sent, the join of both, which is what it holds, and the total of
 * what all hold, which is always 0. Beside it the same without a join, where one aggregate adds up
 * both sides of each transfer.
 */
final class BankJob {

  static final String TRANSFERS = "transfers";
  static final String ACCEPTED = "accepted";
  static final String JOINED = "joined";
  static final String CREDITS = "credits";
  static final String DEBITS = "debits";
  static final List<String> OUTPUTS =
      Stream.concat(
              Stream.of(ACCEPTED, JOINED, CREDITS, DEBITS),
              Stream.of(Balances.values()).flatMap(how -> Stream.of(how.topic(), how.total())))
          .toList();

  private static final Instant START = Instant.parse("2021-01-01T00:00:00Z");

  private BankJob() {}

  /** The ways to make the balances, each with topics of its own. */
  enum Balances {
    /** Credits joined with debits. */
    JOINED,
    /** One aggregate over both sides of the transfers. */
    ADDED;

    /** {@return the topic of what each account holds} */
    String topic() {
      return "balances-" + name().toLowerCase(Locale.ROOT);
    }

    /** {@return the topic of what all hold} */
    String total() {
      return "total-" + name().toLowerCase(Locale.ROOT);
    }
  }

  /** A transfer. */
  record Transfer(long id, int from, int to, long amount, int second) {}

  /** One side of a transfer, or those of several that have one account. */
  record Side(int account, long amount, long entries) {
    static Side credit(Transfer transfer) {
      return new Side(transfer.to(), transfer.amount(), 1);
    }

    static Side debit(Transfer transfer) {
      return new Side(transfer.from(), -transfer.amount(), 1);
    }

    Side plus(Side other) {
      return new Side(account, amount + other.amount, entries + other.entries);
    }
  }

  /** An amount, and how many entries have made it. */
  record Balance(long amount, long entries) {
    static final Balance NOTHING = new Balance(0, 0);

    /** {@return the sum of both, either of which may be missing} */
    static Balance sum(@Nullable Balance credits, @Nullable Balance debits) {
      return (credits == null ? NOTHING : credits).plus(debits == null ? NOTHING : debits);
    }

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
    Table<Integer, Balance> credits =
        perAccount("credits", transfers.map(Side.class, Side::credit), tasks);
    Table<Integer, Balance> debits =
        perAccount("debits", transfers.map(Side.class, Side::debit), tasks);
    credits.to(KafkaSink.<Integer, Balance>upsert(CREDITS).writeTime());
    debits.to(KafkaSink.<Integer, Balance>upsert(DEBITS).writeTime());
    write(
        Balances.JOINED,
        credits.join(debits).outer(Balance.class, Balance::sum).name("balances-joined"),
        tasks);
    write(
        Balances.ADDED,
        perAccount(
            "balances-added",
            transfers.flatMap(
                Side.class,
                (transfer, out) -> {
                  out.emit(Side.credit(transfer));
                  out.emit(Side.debit(transfer));
                }),
            tasks),
        tasks);
    return job;
  }

  private static Table<Integer, Balance> perAccount(
      String name, DataStream<Side> sides, int tasks) {
    return sides
        .keyBy(Side::account)
        .parallelism(tasks)
        .reduce(Side::plus)
        .name(name)
        .mapValues(side -> new Balance(side.amount(), side.entries()));
  }

  private static void write(Balances how, Table<Integer, Balance> balances, int tasks) {
    balances.to(KafkaSink.<Integer, Balance>upsert(how.topic()).writeTime());
    balances
        .groupBy((account, balance) -> "all")
        .parallelism(tasks)
        .reduce(Balance::plus, Balance::minus)
        .name(how.total())
        .to(KafkaSink.<String, Balance>upsert(how.total()).writeTime());
  }

  private static String pair(Transfer left, @Nullable Transfer right) {
    return right == null ? "unmatched" : "pair";
  }
}
