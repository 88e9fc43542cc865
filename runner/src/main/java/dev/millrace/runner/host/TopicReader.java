package dev.millrace.runner.host;

import dev.millrace.JobAdmin;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.config.JobConfig;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The reading of a few records of a topic for whoever looks at it.
 *
 * <p>It is to cost the job nothing: two topics are read at a time, for ten seconds at most, and no
 * more than a few megabytes of each; who comes while others wait already is turned away.
 *
 * <p><b>Threads.</b> Safe for any thread; topics are read by threads of its own.
 */
final class TopicReader implements AutoCloseable {

  private static final int THREADS = 2;
  private static final int MOST_WAITING = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long MOST_BYTES = 4 << 20;
  private static final int FEWEST_OFFSETS = 10;

  /** By age: the oldest one is first, and gives way to newer ones. */
  private static final Comparator<PeekedRecord> BY_AGE =
      Comparator.comparingLong(PeekedRecord::timestampMs)
          .thenComparingInt(PeekedRecord::partition)
          .thenComparingLong(PeekedRecord::offset);

  private final JobConfig config;
  private final ThreadPoolExecutor threads;
  private @Nullable JobAdmin admin;

  TopicReader(JobConfig config) {
    this.config = config;
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(MOST_WAITING),
            task -> {
              Thread thread = new Thread(task, "job-records");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * {@return the newest records of a topic; none, of no partition, if it is not there}
   *
   * @throws NoStatusException if Kafka does not answer soon, or others are waiting already
   * @throws dev.millrace.error.MillraceException if the topic has no such partition
   */
  PeekedRecords newest(String topic, OptionalInt partition, int limit) throws NoStatusException {
    Future<PeekedRecords> answer;
    try {
      answer = threads.submit(() -> read(topic, partition, limit));
    } catch (RejectedExecutionException e) {
      throw new NoStatusException(
          "Cannot read topic " + topic + ": others are read at the moment. Ask again in a second",
          e);
    }
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e);
    } catch (TimeoutException e) {
      throw new NoStatusException(
          "Cannot read topic "
              + topic
              + ": Kafka has not answered within "
              + PATIENCE.toSeconds()
              + " s. Check that its brokers run",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoStatusException("Cannot read topic " + topic + ": it was broken off", e);
    } finally {
      // Reading ends by an interrupt, too.
      boolean ignored = answer.cancel(true);
    }
  }

  private PeekedRecords read(String topic, OptionalInt partition, int limit) {
    JobAdmin connected = admin();
    int partitions = connected.partitions(topic).orElse(0);
    if (partitions == 0) {
      return new PeekedRecords(0, true, List.of());
    }
    // Markers of transactions are offsets without a record.
    int share = partition.isPresent() ? limit : limit / partitions;
    PeekRequest request = PeekRequest.all().lastOf(Math.max(FEWEST_OFFSETS, 2L * share));
    if (partition.isPresent()) {
      request = request.onlyPartition(partition.getAsInt());
    }
    PriorityQueue<PeekedRecord> newest = new PriorityQueue<>(BY_AGE);
    long[] bytesLeft = {MOST_BYTES};
    connected.peek(
        topic,
        request,
        record -> {
          newest.add(record);
          if (newest.size() > limit) {
            PeekedRecord ignored = newest.remove();
          }
          bytesLeft[0] -= length(record.rawKey()) + length(record.rawValue());
          return bytesLeft[0] > 0 && !Thread.currentThread().isInterrupted();
        });
    return new PeekedRecords(
        partitions, bytesLeft[0] > 0, newest.stream().sorted(BY_AGE.reversed()).toList());
  }

  private static long length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private synchronized JobAdmin admin() {
    JobAdmin connected = admin;
    if (connected == null) {
      connected = JobAdmin.connect(config);
      admin = connected;
    }
    return connected;
  }

  /** Breaks off what is being read. */
  @Override
  public void close() {
    var ignored = threads.shutdownNow();
    synchronized (this) {
      if (admin != null) {
        admin.close();
      }
    }
  }
}
