package dev.millrace.chaos;

import dev.millrace.chaos.WindowsJob.Payment;
import dev.millrace.chaos.WindowsJob.Sum;
import dev.millrace.devbroker.testing.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.json.JsonMapper;

/**
 * Random payments, out of order by less than {@link WindowsJob#BOUND}, over all partitions of a
 * topic whatever their key; and what {@link WindowsJob} has to make of them, worked out at once.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Payments {

  private static final long FIRST_TIME_MS = 1_700_000_000_000L;
  private static final int KEYS = 60;
  private static final String END = "end-";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TestBroker broker;
  private final String topic;
  private final int partitions;
  private final Random random;
  private final List<Payment> all = new ArrayList<>();
  private long newestMs = FIRST_TIME_MS;

  Payments(TestBroker broker, String topic, int partitions, Random random) {
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
      // Now and then nobody pays for a while, so that sessions end.
      newestMs += random.nextInt(400) == 0 ? 2_000 : 0;
      long time = newestMs - random.nextInt((int) WindowsJob.BOUND.toMillis());
      Payment payment = new Payment("k" + random.nextInt(KEYS), time, 1 + random.nextInt(100));
      all.add(payment);
      records.add(record(random.nextInt(partitions), payment));
    }
    broker.produce(topic, records);
  }

  /** Closes all windows. */
  void end() {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      long time = newestMs + Duration.ofDays(1).toMillis();
      records.add(record(partition, new Payment(END + partition, time, 1)));
    }
    broker.produce(topic, records);
  }

  private ProducerRecord<byte[], byte[]> record(int partition, Payment payment) {
    return new ProducerRecord<>(topic, partition, null, JSON.writeValueAsBytes(payment));
  }

  static boolean isEnd(String key) {
    return key.startsWith(END);
  }

  int count() {
    return all.size();
  }

  // ------------------------------------------------------------------ what has to come of them

  /** {@return the sums in windows of one size, by the name of their rows} */
  Map<String, Sum> sliding(Duration size, Duration slide) {
    Map<String, Sum> sums = new HashMap<>();
    for (Payment payment : all) {
      long last = payment.timeMs() - payment.timeMs() % slide.toMillis();
      for (long start = last;
          start > payment.timeMs() - size.toMillis();
          start -= slide.toMillis()) {
        sums.merge(
            payment.key() + " " + start + ".." + (start + size.toMillis()),
            Sum.of(payment),
            Sum::plus);
      }
    }
    return sums;
  }

  /** {@return the sums in sessions, by the name of their rows} */
  Map<String, Sum> sessions(Duration gap) {
    Map<String, TreeMap<Long, Sum>> byKey = new TreeMap<>();
    for (Payment payment : all) {
      byKey
          .computeIfAbsent(payment.key(), key -> new TreeMap<>())
          .merge(payment.timeMs(), Sum.of(payment), Sum::plus);
    }
    Map<String, Sum> sums = new HashMap<>();
    byKey.forEach((key, times) -> addSessions(key, times, gap.toMillis(), sums));
    return sums;
  }

  private static void addSessions(
      String key, TreeMap<Long, Sum> times, long gapMs, Map<String, Sum> sums) {
    long start = times.firstKey();
    long last = start;
    Sum sum = new Sum(0, 0);
    for (Map.Entry<Long, Sum> each : times.entrySet()) {
      if (each.getKey() > last + gapMs) {
        sums.put(key + " " + start + ".." + (last + gapMs), sum);
        start = each.getKey();
        sum = new Sum(0, 0);
      }
      last = each.getKey();
      sum = sum.plus(each.getValue());
    }
    sums.put(key + " " + start + ".." + (last + gapMs), sum);
  }
}
