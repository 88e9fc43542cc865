package dev.millrace.internal.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HistogramTest {

  private static final Buckets DOUBLING = new Buckets(10, 1, 3);
  private static final Buckets FOURFOLD = new Buckets(1, 2, 3);

  @ParameterizedTest
  @CsvSource({"-5, 0", "0, 0", "10, 0", "11, 1", "20, 1", "21, 2", "40, 2", "41, 3", "1000000, 3"})
  void aValueIsInTheBucketOfTheSmallestBoundThatItDoesNotExceed(long value, int bucket) {
    assertThat(DOUBLING.of(value)).isEqualTo(bucket);
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 1", "4, 1", "5, 2", "16, 2", "17, 3"})
  void boundsMayBeFurtherApart(long value, int bucket) {
    assertThat(FOURFOLD.of(value)).isEqualTo(bucket);
  }

  @Test
  void noValueIsInAnyOtherBucket() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (Buckets buckets :
        new Buckets[] {
          Buckets.OF_SHORT_TIMES, Buckets.OF_LONG_TIMES, Buckets.OF_NUMBERS, Buckets.OF_SIZES
        }) {
      for (int i = 0; i < 10_000; i++) {
        long value = random.nextLong() >>> random.nextInt(Long.SIZE);
        int bucket = buckets.of(value);
        if (bucket < buckets.bounds()) {
          assertThat(value).as("seed %d", seed).isLessThanOrEqualTo(buckets.bound(bucket));
        }
        if (bucket > 0) {
          assertThat(value).as("seed %d", seed).isGreaterThan(buckets.bound(bucket - 1));
        }
      }
    }
  }

  @Test
  void boundsAreWhatTheirNamesSay() {
    assertThat(Buckets.OF_SHORT_TIMES.bound(16)).isEqualTo(Duration.ofMillis(65_536).toNanos());
    assertThat(Buckets.OF_LONG_TIMES.bound(22)).isEqualTo(Duration.ofMillis(4_194_304).toNanos());
    assertThat(Buckets.OF_NUMBERS.bound(12)).isEqualTo(16 << 20);
    assertThat(Buckets.OF_SIZES.bound(10)).isEqualTo(1 << 30);
  }

  @Test
  void valuesAreCountedAndAddedUp() {
    Histogram histogram = new Histogram(DOUBLING);
    for (long value : new long[] {3, 10, 15, 300, -7}) {
      histogram.observe(value);
    }
    assertThat(histogram.size()).isEqualTo(4);
    assertThat(histogram.count(0)).isEqualTo(3);
    assertThat(histogram.count(1)).isEqualTo(1);
    assertThat(histogram.count(2)).isZero();
    assertThat(histogram.count(3)).isEqualTo(1);
    assertThat(histogram.bound(2)).isEqualTo(40);
    assertThat(histogram.bound(3)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(histogram.sum()).isEqualTo(328);
  }

  @Test
  void agesOfOldRecordsDoNotOverflow() {
    Histogram histogram = new Histogram(Buckets.OF_LONG_TIMES);
    long fiftyYears = Duration.ofDays(50 * 365).toNanos();
    for (int i = 0; i < 1_000; i++) {
      histogram.observe(fiftyYears);
    }
    assertThat(histogram.sum()).isCloseTo(1_000.0 * fiftyYears, withPercentage(0.001));
  }

  /** A reader sees each number move, never back, and in the end all of it. */
  @Test
  void anotherThreadReadsWhileItIsCounted() throws Exception {
    Histogram histogram = new Histogram(DOUBLING);
    int values = 1_000_000;
    AtomicReference<String> wrong = new AtomicReference<>("");
    Thread reader =
        new Thread(
            () -> {
              long before = 0;
              double sumBefore = 0;
              while (before < values) {
                double sum = histogram.sum();
                long count = 0;
                for (int i = 0; i < histogram.size(); i++) {
                  count += histogram.count(i);
                }
                if (count < before || sum < sumBefore) {
                  wrong.set("from " + before + " to " + count);
                }
                before = count;
                sumBefore = sum;
              }
            });
    reader.setDaemon(true);
    reader.start();
    for (int i = 0; i < values; i++) {
      histogram.observe(i % 64);
    }
    reader.join(Duration.ofSeconds(60).toMillis());
    assertThat(reader.isAlive()).isFalse();
    assertThat(wrong).hasValue("");
  }
}
