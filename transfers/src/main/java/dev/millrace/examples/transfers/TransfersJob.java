package dev.millrace.examples.transfers;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.function.Collector;

/**
 * The keeping of accounts: the job reads transfers, books both sides of each, and writes the
 * balance of an account whenever it changes.
 *
 * <p>Money is neither made nor lost, so all accounts together never change. With one partition
 * throughout, that holds after each transaction in the topic of balances, for readers of committed
 * records: both sides of a transfer are sent in one transaction, and what one transaction has sent
 * to a partition is taken up by one transaction.
 *
 * <p>Arguments: {@code --topic} (transfers), {@code --balances TOPIC} (balances), {@code --name} of
 * the job (transfers).
 */
public final class TransfersJob implements JobDefinition {

  @Override
  public Job define(JobArguments args) {
    Job job = Job.named(args.text("name", "transfers"));
    job.source(KafkaSource.json(args.text("topic", "transfers"), Transfer.class))
        .flatMap(Posting.class, TransfersJob::book)
        .keyBy(Posting::account)
        .parallelism(1)
        .process(Accounts::new)
        .to(KafkaSink.<Balance>json(args.text("balances", "balances")).key(Balance::account));
    return job;
  }

  private static void book(Transfer transfer, Collector<Posting> out) {
    out.emit(new Posting(transfer.from(), -transfer.amount() * transfer.to().size()));
    transfer.to().forEach(account -> out.emit(new Posting(account, transfer.amount())));
  }
}
