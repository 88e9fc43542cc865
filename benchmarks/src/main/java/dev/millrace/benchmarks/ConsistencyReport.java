package dev.millrace.benchmarks;

import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import dev.millrace.metrics.StageCounters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The number of times that a reader of the output sees a state that never was: transfers between
 * accounts are read while they arrive, and the total of all balances, which is 0 after every
 * transfer, is written whenever it changes.
 *
 * <p>A state of the total has the number of entries that it is made of, so that it changes with
 * every transfer. A state that is not 0 is seen by a reader with {@code read_committed}. Balances
 * are made in two ways. Where one aggregate adds up both sides of each transfer there must be no
 * such state with one partition throughout, and all balances must add up to 0 at the end of every
 * transaction that writes them. Credits and debits that are joined come from stages of their own.
 *
 * <p>Arguments: transfers (default 1000000), then numbers of partitions (default 1 and 4).
 */
public final class ConsistencyReport {

  private static final long SEED = 42;
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private ConsistencyReport() {}

  /** Runs the report; fails if a final result is not exact. */
  public static void main(String[] args) throws Exception {
    Transfers transfers =
        new Transfers(args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000, SEED);
    List<Integer> partitions = new ArrayList<>();
    for (int i = 1; i < args.length; i++) {
      partitions.add(Integer.parseInt(args[i]));
    }
    boolean exact = true;
    for (int count : partitions.isEmpty() ? List.of(1, 4) : partitions) {
      exact &= report(transfers, count);
    }
    if (!exact) {
      System.exit(1);
    }
  }

  private static boolean report(Transfers transfers, int partitions) throws Exception {
    Path data = Files.createTempDirectory("millrace-benchmark");
    try (ChildKafka broker = ChildKafka.start(BrokerOptions.singleNode().withDataDirectory(data))) {
      String bootstrap = broker.bootstrapServers();
      createTopics(bootstrap, partitions);
      JobConfig config =
          JobConfig.defaults()
              .with("bootstrap.servers", bootstrap)
              .with("state.dir", data.resolve("state").toString());
      long begun = System.nanoTime();
      long dividing;
      try (RunningJob job = Millrace.start(BankJob.job("bank", partitions), config);
          BankOutput total = new BankOutput(bootstrap)) {
        send(bootstrap, transfers, partitions);
        for (BankJob.Balances how : BankJob.Balances.values()) {
          total.awaitEntries(how, 2L * transfers.count(), PATIENCE);
        }
        dividing =
            job.metrics().stages().values().stream()
                .mapToLong(StageCounters::dividingCommits)
                .sum();
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      // What has no match is known at the end of time.
      try (RunningJob rest =
          Millrace.start(BankJob.job("bank", partitions), config.with("until.end", "true"))) {
        if (!rest.awaitTermination(PATIENCE)) {
          throw new IllegalStateException("The job did not come to its end");
        }
      }
      try (BankOutput output = new BankOutput(bootstrap)) {
        return print(output, transfers, partitions, seconds, dividing);
      }
    }
  }

  private static boolean print(
      BankOutput output, Transfers transfers, int partitions, double seconds, long dividing) {
    BankOutput.Joined joined = output.joined();
    boolean exact =
        output.accepted() == transfers.count()
            && joined.pairs() == transfers.count()
            && output.isExact(transfers);
    System.out.printf(
        Locale.ROOT,
        "%d partition%s: %,d transfers in %.1f s%n",
        partitions,
        partitions == 1 ? "" : "s",
        transfers.count(),
        seconds);
    for (BankJob.Balances how : BankJob.Balances.values()) {
      exact &= print(output, how, transfers, partitions);
    }
    System.out.printf(
        Locale.ROOT,
        "  join with itself: %,d pairs, %,d left without a match%n"
            + "  commits amid what a transaction sent: %,d%n"
            + "  final results %s%n",
        joined.pairs(),
        joined.unmatched(),
        dividing,
        exact ? "exact" : "WRONG");
    return exact;
  }

  private static boolean print(
      BankOutput output, BankJob.Balances how, Transfers transfers, int partitions) {
    String made =
        switch (how) {
          case JOINED -> "credits joined with debits";
          case ADDED -> "one aggregate of both sides";
        };
    BankOutput.Totals totals = output.totals(how);
    System.out.printf(
        Locale.ROOT,
        "  total of %s: %,d states, of which %,d are not 0 (%.2f %%), the largest is %,d off%n",
        made,
        totals.states(),
        totals.wrong(),
        100.0 * totals.wrong() / Math.max(1, totals.states()),
        totals.largest());
    if (partitions == 1) {
      BankOutput.Sums sums = output.sumsOfBalances(how);
      System.out.printf(
          Locale.ROOT,
          "    balances: %,d transactions, at whose ends %,d times the sum is not 0%n",
          sums.transactions(),
          sums.wrong());
    }
    return totals.lastAmount() == 0 && totals.lastEntries() == 2L * transfers.count();
  }

  private static void send(String bootstrap, Transfers transfers, int partitions) {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "linger.ms", 5);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int n = 0; n < transfers.count(); n++) {
        int id = transfers.arriving(n);
        producer.send(
            new ProducerRecord<>(
                BankJob.TRANSFERS,
                id % partitions,
                Integer.toString(id).getBytes(StandardCharsets.UTF_8),
                transfers.json(id).getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  private static void createTopics(String bootstrap, int partitions) throws Exception {
    List<NewTopic> topics = new ArrayList<>();
    topics.add(topic(BankJob.TRANSFERS, partitions));
    // One partition shows in which order readers see what is written.
    BankJob.OUTPUTS.forEach(name -> topics.add(topic(name, 1)));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(topics).all().get();
    }
  }

  private static NewTopic topic(String name, int partitions) {
    return new NewTopic(name, Optional.of(partitions), Optional.empty());
  }
}
