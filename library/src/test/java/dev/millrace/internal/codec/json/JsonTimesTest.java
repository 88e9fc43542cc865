package dev.millrace.internal.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.millrace.internal.util.MalformedBytesException;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times in JSON: a number has a unit, and nothing is guessed. */
@NullUnmarked
final class JsonTimesTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  record Plain(Instant at) {}

  record Rich(
      Instant instant, OffsetDateTime offset, ZonedDateTime zoned, Date date, Calendar calendar) {}

  record Spans(Duration span) {}

  record Days(LocalDate day) {}

  record Numbers(
      @JsonFormat(shape = JsonFormat.Shape.NUMBER) Instant at,
      @JsonFormat(shape = JsonFormat.Shape.NUMBER) OffsetDateTime offset,
      @JsonFormat(shape = JsonFormat.Shape.NUMBER) Duration span,
      @JsonFormat(shape = JsonFormat.Shape.NUMBER) LocalDateTime local,
      @JsonFormat(shape = JsonFormat.Shape.NUMBER) Date date) {}

  record Patterns(
      @JsonFormat(pattern = "yyyyMMddHHmmss") LocalDateTime at,
      @JsonFormat(pattern = "yyyyMMdd") LocalDate day,
      @JsonFormat(pattern = "SECONDS") Duration span,
      @JsonFormat(with = JsonFormat.Feature.READ_DATE_TIMESTAMPS_AS_NANOSECONDS) Instant seconds) {}

  record Everything(
      Instant instant,
      OffsetDateTime offset,
      ZonedDateTime zoned,
      Date date,
      Duration duration,
      LocalDate day,
      LocalDateTime local,
      LocalTime time,
      OffsetTime offsetTime,
      Year year,
      YearMonth month,
      MonthDay monthDay,
      Period period,
      ZoneId zone,
      ZoneOffset zoneOffset,
      DayOfWeek dayOfWeek,
      Month monthName,
      Map<Instant, Long> byTime,
      List<Instant> list) {}

  private static <T> T read(Class<T> type, JsonTimes unit, String json) {
    return JsonCodec.<T>decoder(type, JsonRules.DEFAULT.times(unit))
        .decode(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String write(Object value) {
    return new String(JsonCodec.encoder(value.getClass()).encode(value), StandardCharsets.UTF_8);
  }

  private static void checkRefused(Class<?> type, JsonTimes unit, String json, String... parts) {
    assertThatThrownBy(() -> read(type, unit, json))
        .as(json)
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContainingAll(parts);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1767225600000",
        "\"1767225600000\"",
        "1767225600000.0",
        "\"1767225600000.0\"",
        "1.7672256e12",
        "\"2026-01-01T00:00:00Z\"",
        "\"2026-01-01T01:00:00+01:00\""
      })
  void aNumberIsMillisecondsInEveryForm(String value) {
    assertThat(read(Plain.class, JsonTimes.MILLIS, "{\"at\":" + value + "}"))
        .isEqualTo(new Plain(AT));
    if (!value.contains("e")) {
      String json =
          "{\"instant\":V,\"offset\":V,\"zoned\":V,\"date\":V,\"calendar\":V}".replace("V", value);
      Rich rich = read(Rich.class, JsonTimes.MILLIS, json);
      assertThat(rich.instant()).isEqualTo(AT);
      assertThat(rich.offset().toInstant()).isEqualTo(AT);
      assertThat(rich.zoned().toInstant()).isEqualTo(AT);
      assertThat(rich.date()).isEqualTo(Date.from(AT));
      assertThat(rich.calendar().toInstant()).isEqualTo(AT);
    }
  }

  @Test
  void theSourceNamesAnotherUnit() {
    assertThat(read(Plain.class, JsonTimes.SECONDS, "{\"at\":1767225600}").at()).isEqualTo(AT);
    assertThat(read(Plain.class, JsonTimes.SECONDS, "{\"at\":1767225600.25}").at())
        .isEqualTo(AT.plusMillis(250));
    assertThat(read(Plain.class, JsonTimes.MICROS, "{\"at\":1767225600000001}").at())
        .isEqualTo(AT.plusNanos(1000));
    assertThat(read(Plain.class, JsonTimes.MILLIS, "{\"at\":1767225600000.000001}").at())
        .isEqualTo(AT.plusNanos(1));
    assertThat(read(Plain.class, JsonTimes.MILLIS, "{\"at\":-0.5}").at())
        .isEqualTo(Instant.EPOCH.minusNanos(500_000));
    assertThat(read(Plain.class, JsonTimes.MILLIS, "{\"at\":-1}").at())
        .isEqualTo(Instant.EPOCH.minusMillis(1));
    for (JsonTimes unit : JsonTimes.values()) {
      assertThat(read(Plain.class, unit, "{\"at\":\"2026-01-01T00:00:00Z\"}").at()).isEqualTo(AT);
    }
  }

  @Test
  void absurdTimesAreRefusedWithTheUnitThatFits() {
    checkRefused(
        Plain.class,
        JsonTimes.SECONDS,
        "{\"at\":1767225600000}",
        "'at' is 1767225600000, which in SECONDS is out of the years 0 to 9999 (at byte 6 of 20",
        "call times(JsonTimes.MILLIS) on the source");
    checkRefused(
        Plain.class,
        JsonTimes.MILLIS,
        "{\"at\":\"1767225600000000\"}",
        "'at' is \"1767225600000000\", which in MILLIS",
        "call times(JsonTimes.MICROS)");
    for (String number :
        List.of(
            "99999999999999999999999",
            "1e300",
            "1e999999999",
            "-62167219200000.5",
            "\"253402300800000\"",
            "9223372036854775807",
            "-9223372036854775808")) {
      checkRefused(Plain.class, JsonTimes.MILLIS, "{\"at\":" + number + "}", "'at' is ", "times(");
      checkRefused(
          Rich.class, JsonTimes.MILLIS, "{\"zoned\":" + number + "}", "'zoned' is ", "times(");
      checkRefused(
          Rich.class,
          JsonTimes.MILLIS,
          "{\"calendar\":" + number + "}",
          "'calendar' is ",
          "times(");
    }
    assertThat(read(Plain.class, JsonTimes.MILLIS, "{\"at\":1e-999999999}").at())
        .isEqualTo(Instant.EPOCH);
  }

  @Test
  void withIsoANumberIsNoTime() {
    checkRefused(Plain.class, JsonTimes.ISO, "{\"at\":1767225600000}", "times are text");
    checkRefused(Plain.class, JsonTimes.ISO, "{\"at\":\"1767225600000\"}", "times are text");
    checkRefused(Spans.class, JsonTimes.ISO, "{\"span\":1000}", "times are text");
    checkRefused(Days.class, JsonTimes.ISO, "{\"day\":20454}", "'day' is 20454");
  }

  @Test
  void durationsHaveTheSameUnit() {
    assertThat(read(Spans.class, JsonTimes.MILLIS, "{\"span\":1500}").span())
        .isEqualTo(Duration.ofMillis(1500));
    assertThat(read(Spans.class, JsonTimes.MILLIS, "{\"span\":\"1500\"}").span())
        .isEqualTo(Duration.ofMillis(1500));
    assertThat(read(Spans.class, JsonTimes.SECONDS, "{\"span\":-1.5}").span())
        .isEqualTo(Duration.ofMillis(-1500));
    assertThat(read(Spans.class, JsonTimes.MICROS, "{\"span\":\"PT1.5S\"}").span())
        .isEqualTo(Duration.ofMillis(1500));
    checkRefused(Spans.class, JsonTimes.MILLIS, "{\"span\":1e40}", "too long");
  }

  @Test
  void aNumberForADateIsDaysOrRefused() {
    assertThat(read(Days.class, JsonTimes.MILLIS, "{\"day\":20454}").day())
        .isEqualTo(LocalDate.of(2026, 1, 1));
    checkRefused(Days.class, JsonTimes.MILLIS, "{\"day\":1767225600000}", "not a date");
    checkRefused(Days.class, JsonTimes.SECONDS, "{\"day\":1767225600}", "not a date");
    checkRefused(Days.class, JsonTimes.MILLIS, "{\"day\":20454.5}", "not a date");
    checkRefused(Days.class, JsonTimes.MILLIS, "{\"day\":1e-999999999}", "not a date");
  }

  @Test
  void emptyTextIsNoTimeWhateverTheType() {
    for (String name :
        List.of(
            "instant",
            "offset",
            "zoned",
            "date",
            "duration",
            "day",
            "local",
            "time",
            "offsetTime",
            "year",
            "month",
            "monthDay",
            "period",
            "zone",
            "zoneOffset",
            "dayOfWeek",
            "monthName")) {
      for (String empty : List.of("\"\"", "\" \"", "[]", "{}", "true")) {
        for (JsonRules rules : List.of(JsonRules.DEFAULT, JsonRules.DEFAULT.lenient())) {
          boolean isLenientEnum =
              rules.missing() == JsonRules.Missing.IS_DEFAULT
                  && (name.equals("dayOfWeek") || name.equals("monthName"));
          if (isLenientEnum) {
            continue;
          }
          String json = "{\"" + name + "\":" + empty + "}";
          assertThatThrownBy(
                  () ->
                      JsonCodec.<Everything>decoder(Everything.class, rules)
                          .decode(json.getBytes(StandardCharsets.UTF_8)))
              .as(json)
              .isInstanceOf(MalformedBytesException.class)
              .hasMessageContaining("'" + name + "' is ");
        }
      }
    }
    checkRefused(Plain.class, JsonTimes.MILLIS, "{\"at\":\"\"}", "'at' is empty text, not a time");
    assertThat(read(Plain.class, JsonTimes.MILLIS, "{\"at\":null}")).isEqualTo(new Plain(null));
  }

  @Test
  void nothingOfATextIsDropped() {
    String time = "\"2026-01-31T23:30:00Z\"";
    checkRefused(
        Everything.class, JsonTimes.MILLIS, "{\"day\":" + time + "}", "more than a date such as");
    checkRefused(
        Everything.class, JsonTimes.MILLIS, "{\"time\":" + time + "}", "more than a time of day");
    checkRefused(Everything.class, JsonTimes.MILLIS, "{\"local\":" + time + "}", "has a zone");
    checkRefused(Everything.class, JsonTimes.MILLIS, "{\"date\":\"2026-02-31\"}", "'date' is");
    checkRefused(Everything.class, JsonTimes.MILLIS, "{\"dayOfWeek\":1}", "'dayOfWeek' is");
    checkRefused(Everything.class, JsonTimes.MILLIS, "{\"year\":1767225600000}", "'year' is");
    checkRefused(Everything.class, JsonTimes.MILLIS, "{\"instant\":\"today\"}", "\"today\", not a");
  }

  @Test
  void timesAsKeysFollowTheSameRule() {
    TypeRef<Map<Instant, Long>> type = new TypeRef<>() {};
    JsonDecoder<Map<Instant, Long>> decoder = JsonCodec.decoder(type.type());
    assertThat(decoder.decode("{\"1767225600000\":1}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(Map.of(AT, 1L));
    for (String key : List.of("", "1767225600000000")) {
      assertThatThrownBy(
              () -> decoder.decode(("{\"" + key + "\":1}").getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(MalformedBytesException.class);
    }
  }

  @Test
  void annotationsGoFirst() {
    Patterns patterns =
        read(
            Patterns.class,
            JsonTimes.MILLIS,
            "{\"at\":\"20260131120000\",\"day\":\"20260131\",\"span\":90,\"seconds\":1767225600}");
    assertThat(patterns)
        .isEqualTo(
            new Patterns(
                LocalDateTime.of(2026, 1, 31, 12, 0),
                LocalDate.of(2026, 1, 31),
                Duration.ofSeconds(90),
                AT));
  }

  @ParameterizedTest
  @EnumSource(JsonTimes.class)
  void whatOurSinksWriteComesBack(JsonTimes unit) {
    for (Instant at :
        List.of(
            AT,
            AT.plusNanos(123_456_789),
            Instant.EPOCH.minusNanos(1),
            Instant.parse("0000-01-01T00:00:00Z"),
            Instant.parse("9999-12-31T23:59:59.999999999Z"))) {
      OffsetDateTime offset = at.atOffset(ZoneOffset.ofHours(0));
      Everything everything =
          new Everything(
              at,
              at.atOffset(ZoneOffset.ofHours(2)),
              at.atZone(ZoneOffset.ofHours(-3)),
              Date.from(AT.plusMillis(1)), // the library has its own idea of dates before 1582
              Duration.ofSeconds(90, 5),
              offset.toLocalDate(),
              offset.toLocalDateTime(),
              offset.toLocalTime(),
              offset.toOffsetTime(),
              Year.of(2026),
              YearMonth.of(2026, 2),
              MonthDay.of(2, 29),
              Period.of(1, 2, 3),
              ZoneId.of("Europe/Berlin"),
              ZoneOffset.ofHours(1),
              DayOfWeek.MONDAY,
              Month.MAY,
              Map.of(at, 1L),
              List.of(at));
      assertThat(read(Everything.class, unit, write(everything))).isEqualTo(everything);
      assertThat(read(Plain.class, unit, write(new Plain(at)))).isEqualTo(new Plain(at));
    }
    for (Instant far : List.of(Instant.MIN, Instant.MAX)) {
      assertThat(read(Plain.class, unit, write(new Plain(far)))).isEqualTo(new Plain(far));
    }
  }

  @Test
  void whatAnAnnotationMakesNumbersOfComesBackWithTheDefaults() {
    Instant at = AT.plusMillis(123);
    Numbers numbers =
        new Numbers(
            at,
            at.atOffset(ZoneOffset.UTC),
            Duration.ofMillis(1500),
            LocalDateTime.of(2026, 1, 31, 12, 0, 1, 5),
            Date.from(at));
    assertThat(write(numbers)).startsWith("{\"at\":1767225600123,\"offset\":1767225600123,");
    assertThat(read(Numbers.class, JsonTimes.MILLIS, write(numbers))).isEqualTo(numbers);
  }

  @Test
  void exactArithmeticAgreesInBothForms() {
    for (long number : new long[] {0, -1, 1767225600123L, -62167219200000L, 253402300799999L}) {
      for (JsonTimes unit : JsonTimes.values()) {
        assertThat(EpochTimes.instant(BigDecimal.valueOf(number), unit))
            .isEqualTo(EpochTimes.instant(number, unit));
      }
    }
  }
}
