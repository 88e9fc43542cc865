package dev.millrace.internal.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.util.MalformedBytesException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class WatermarksTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          watermark            | granularity         | floor
          0                    | 10                  | 0
          9                    | 10                  | 0
          10                   | 10                  | 10
          -1                   | 10                  | -10
          -10                  | 10                  | -10
          -11                  | 10                  | -20
          5                    | 1                   | 5
          5                    | 9223372036854775807 | 0
          -5                   | 9223372036854775807 | -9223372036854775807
          -9223372036854775808 | 10                  | -9223372036854775808
          -9223372036854775807 | 10                  | -9223372036854775807
          -9223372036854775801 | 10                  | -9223372036854775807
          -9223372036854775800 | 10                  | -9223372036854775800
          -9223372036854775807 | 2                   | -9223372036854775807
          9223372036854775806  | 10                  | 9223372036854775800
          9223372036854775807  | 10                  | 9223372036854775807
          """,
      useHeadersInDisplayName = true)
  void floorsToMultiples(long watermark, long granularity, long floor) {
    assertThat(Watermarks.floor(watermark, granularity)).isEqualTo(floor);
  }

  @Test
  void theFloorIsMonotoneAndNotAbove() {
    long seed = 3;
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      long granularity = Math.max(1, random.nextLong() >>> (1 + random.nextInt(62)));
      long low = random.nextLong() >> random.nextInt(64);
      long high = Watermarks.ahead(low, random.nextLong() >>> (1 + random.nextInt(62)));
      assertThat(Watermarks.floor(low, granularity))
          .as("seed %s, i %s, %s by %s", seed, i, low, granularity)
          .isLessThanOrEqualTo(low)
          .isLessThanOrEqualTo(Watermarks.floor(high, granularity));
    }
  }

  @ParameterizedTest
  @EnumSource
  void statusesKeepTheirCodes(ChannelStatus status) {
    assertThat(ChannelStatus.ofCode(status.code())).isSameAs(status);
    assertThat(status.code())
        .isEqualTo(
            switch (status) {
              case ACTIVE -> 0;
              case IDLE -> 1;
              case FINISHED -> 2;
              case LOADING -> 3;
            });
  }

  @Test
  void refusesOtherStatusCodes() {
    assertThatThrownBy(() -> ChannelStatus.ofCode(4)).isInstanceOf(MalformedBytesException.class);
    assertThatThrownBy(() -> ChannelStatus.ofCode(-1)).isInstanceOf(MalformedBytesException.class);
  }
}
