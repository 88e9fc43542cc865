package dev.millrace.chaos;

import dev.millrace.chaos.MatchesJob.Found;
import dev.millrace.chaos.MatchesJob.Purchase;
import dev.millrace.devbroker.testing.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.json.JsonMapper;

/**
 * Random purchases, out of order by less than {@link MatchesJob#BOUND}, over all partitions of a
 * topic whatever their card; and what {@link MatchesJob} has to find among them, looked up purchase
 * by purchase.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Purchases {

  private static final long FIRST_TIME_MS = 1_700_000_000_000L;
  private static final int CARDS = 60;
  private static final String END = "end-";
  private static final List<String> COUNTRIES = List.of("NO", "NO", "SE", "DK");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TestBroker broker;
  private final String topic;
  private final int partitions;
  private final Random random;
  private final List<Purchase> all = new ArrayList<>();
  private long newestMs = FIRST_TIME_MS;

  Purchases(TestBroker broker, String topic, int partitions, Random random) {
    this.broker = broker;
    this.topic = topic;
    this.partitions = partitions;
    this.random = random;
  }

  /** Writes some more. */
  void send(int count) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      newestMs += random.nextInt(10);
      Purchase purchase =
          new Purchase(
              "c" + random.nextInt(CARDS),
              all.size(),
              newestMs - random.nextInt((int) MatchesJob.BOUND.toMillis()),
              random.nextInt(100),
              COUNTRIES.get(random.nextInt(COUNTRIES.size())));
      all.add(purchase);
      records.add(record(random.nextInt(partitions), purchase));
    }
    broker.produce(topic, records);
  }

  /** Lets the time of everything run out. */
  void end() {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      long time = newestMs + Duration.ofDays(1).toMillis();
      records.add(record(partition, new Purchase(END + partition, 0, time, 50, "NO")));
    }
    broker.produce(topic, records);
  }

  private ProducerRecord<byte[], byte[]> record(int partition, Purchase purchase) {
    return new ProducerRecord<>(topic, partition, null, JSON.writeValueAsBytes(purchase));
  }

  int count() {
    return all.size();
  }

  // ------------------------------------------------------------------ what is to be found

  /** {@return all that is to be found} */
  Set<Found> found() {
    Map<String, List<Purchase>> byCard = new TreeMap<>();
    for (Purchase purchase : all) {
      byCard.computeIfAbsent(purchase.card(), card -> new ArrayList<>()).add(purchase);
    }
    Set<Found> found = new HashSet<>();
    for (List<Purchase> own : byCard.values()) {
      own.sort(Comparator.comparingLong(Purchase::timeMs).thenComparingLong(Purchase::number));
      for (int i = 0; i < own.size(); i++) {
        if (own.get(i).isSmall()) {
          addFraud(own, i, found);
          addSilence(own, i, found);
        }
      }
      addPairs(own, found);
    }
    return found;
  }

  /** The first purchase abroad, and the first large one after it; or as far as it got in time. */
  private static void addFraud(List<Purchase> own, int start, Collection<Found> found) {
    Purchase small = own.get(start);
    long endMs = small.timeMs() + MatchesJob.WITHIN.toMillis();
    List<Purchase> taken = new ArrayList<>(List.of(small));
    for (Purchase purchase : own.subList(start + 1, own.size())) {
      if (purchase.timeMs() < endMs
          && (taken.size() == 1 ? purchase.isAbroad(small) : purchase.isLarge())) {
        taken.add(purchase);
        if (taken.size() == 3) {
          found.add(Found.of("fraud", taken, purchase.timeMs()));
          return;
        }
      }
    }
    found.add(Found.of("unfinished", taken, endMs));
  }

  private static void addSilence(List<Purchase> own, int start, Collection<Found> found) {
    Purchase small = own.get(start);
    long endMs = small.timeMs() + MatchesJob.SILENCE.toMillis();
    if (own.subList(start + 1, own.size()).stream()
        .noneMatch(purchase -> purchase.isLarge() && purchase.timeMs() < endMs)) {
      found.add(Found.of("silence", List.of(small), small.timeMs()));
    }
  }

  private static void addPairs(List<Purchase> own, Collection<Found> found) {
    List<Purchase> large = own.stream().filter(Purchase::isLarge).toList();
    int i = 0;
    while (i + 1 < large.size()) {
      Purchase first = large.get(i);
      Purchase second = large.get(i + 1);
      boolean isPair = second.timeMs() - first.timeMs() < MatchesJob.PAIRS_WITHIN.toMillis();
      if (isPair) {
        found.add(Found.of("pairs", List.of(first, second), second.timeMs()));
      }
      i += isPair ? 2 : 1;
    }
  }
}
