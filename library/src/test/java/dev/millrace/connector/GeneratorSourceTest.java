package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.FileSourceTest.Collected;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.StepClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Each index once, and not faster than asked for. */
final class GeneratorSourceTest {

  private final StepClock clock = new StepClock();

  @Test
  void eachIndexIsMadeOnceOverRestarts() throws Exception {
    Random random = new Random(3);
    for (int splits = 1; splits < 6; splits++) {
      SplitSource<Long> source =
          GeneratorSource.of(Long.class, i -> i).count(1_000).splits(splits).asSplits();
      List<Long> all = new ArrayList<>();
      for (byte[] split : source.splits()) {
        byte[] position = {};
        SplitReader.Progress progress = SplitReader.Progress.MORE;
        while (progress != SplitReader.Progress.END) {
          Collected<Long> out = new Collected<>();
          try (SplitReader<Long> reader = source.open(split, position)) {
            progress = reader.read(out, 1 + random.nextInt(100));
            position = reader.position();
          }
          all.addAll(out.values);
        }
      }
      assertThat(all)
          .as("%s splits", splits)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 1_000).boxed().toList());
    }
  }

  @Test
  void theRateIsKeptAcrossSplits() throws Exception {
    SplitSource<Long> source =
        GeneratorSource.of(Long.class, i -> i).ratePerSecond(1_000).splits(3).by(clock).asSplits();
    List<SplitReader<Long>> readers = new ArrayList<>();
    for (byte[] split : source.splits()) {
      readers.add(source.open(split, new byte[0]));
    }
    Collected<Long> out = new Collected<>();
    for (int ms = 0; ms < 2_000; ms += 10) {
      for (SplitReader<Long> reader : readers) {
        assertThat(reader.read(out, 512)).isEqualTo(SplitReader.Progress.LATER);
      }
      clock.advanceMs(10);
    }
    assertThat(out.values.size()).isBetween(1_980, 2_010);
    // An index has one timestamp, whenever it is made.
    long born = clock.wallMs() - 2_000;
    for (int i = 0; i < out.values.size(); i++) {
      assertThat(out.timestamps.get(i)).isEqualTo(born + out.values.get(i));
    }
  }

  @Test
  void afterAPauseOneSecondIsMadeUpFor() throws Exception {
    SplitSource<Long> source =
        GeneratorSource.of(Long.class, i -> i).ratePerSecond(100).splits(1).by(clock).asSplits();
    SplitReader<Long> reader = source.open(source.splits().get(0), new byte[0]);
    clock.advanceMs(60_000);
    Collected<Long> out = new Collected<>();
    assertThat(reader.read(out, 10_000)).isEqualTo(SplitReader.Progress.LATER);
    assertThat(out.values.size()).isBetween(100, 101);
  }

  @Test
  void senselessOptionsAreRefused() {
    GeneratorSource<Long> source = GeneratorSource.of(Long.class, i -> i);
    assertThatThrownBy(() -> source.count(-1)).isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> source.ratePerSecond(0)).isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> source.splits(0)).isInstanceOf(ConfigurationException.class);
  }
}
