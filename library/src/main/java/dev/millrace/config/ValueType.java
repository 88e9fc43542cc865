package dev.millrace.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The conversion of a setting's text into a value: parsing and validation in one place.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param parse turns text into the value, or throws IllegalArgumentException whose message
 *     completes "Cannot read setting x: 'text' " and names what to write instead
 */
record ValueType<T>(Function<String, T> parse) {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*([KMGT]?)(?:I?B)?");
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})\\s*%");
  private static final Pattern LISTEN_ADDRESS =
      Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]):(\\d{1,5})");
  private static final Pattern REACHABLE_ADDRESS =
      Pattern.compile(
          "(?:https?://)?(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+])(?::(\\d{1,5}))?"
              // An address of IPv6 alone, as Kubernetes gives it to a pod.
              + "|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}");
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  /** Any text that is not blank. */
  static ValueType<String> text() {
    return new ValueType<>(
        text -> {
          if (text.isBlank()) {
            throw new IllegalArgumentException("is empty. Give it a value or leave it out");
          }
          return text;
        });
  }

  /** Any text, the empty one too. */
  static ValueType<String> textOrNone() {
    return new ValueType<>(text -> text);
  }

  /** A list of host:port pairs. */
  static ValueType<String> addresses() {
    return new ValueType<>(
        text -> {
          for (String address : text.split(",", -1)) {
            if (!address.strip().matches("\\S+:\\d{1,5}")) {
              throw new IllegalArgumentException(
                  "is not a list of addresses. Write host:port, several with commas between them");
            }
          }
          return text;
        });
  }

  /** One host:port to listen at, or the words auto and off. */
  static ValueType<String> listenAddress() {
    return new ValueType<>(
        text -> {
          Matcher matcher = LISTEN_ADDRESS.matcher(text);
          boolean isAddress = matcher.matches() && Integer.parseInt(matcher.group(1)) <= 65_535;
          if (!isAddress && !text.equals("auto") && !text.equals("off")) {
            throw new IllegalArgumentException(
                "is not an address to listen at. Write host:port, such as 127.0.0.1:7575, or auto,"
                    + " or off");
          }
          return text;
        });
  }

  /** One host that others ask, with a port and a scheme or without, or none. */
  static ValueType<String> reachableAddress() {
    return new ValueType<>(
        text -> {
          Matcher matcher = REACHABLE_ADDRESS.matcher(text);
          boolean isAddress =
              matcher.matches()
                  && (matcher.group(1) == null || Integer.parseInt(matcher.group(1)) <= 65_535);
          if (!isAddress && !text.isEmpty()) {
            throw new IllegalArgumentException(
                "is not an address that others can ask. Write host, host:port or"
                    + " https://host:port");
          }
          return text;
        });
  }

  /** A secret of at least so many characters that a header can carry, or none. */
  static ValueType<String> secret(int atLeast) {
    return new ValueType<>(
        text -> {
          boolean isPlain = text.chars().allMatch(c -> c > ' ' && c < 127);
          if (!text.isEmpty() && (text.length() < atLeast || !isPlain)) {
            throw new IllegalArgumentException(
                "is no good secret. Write at least "
                    + atLeast
                    + " letters, digits and signs of ASCII, without spaces");
          }
          return text;
        });
  }

  /** A duration from {@code atLeast} to {@code atMost}. */
  static ValueType<Duration> duration(Duration atLeast, Duration atMost) {
    return new ValueType<>(
        text -> {
          Matcher matcher = DURATION.matcher(text.toLowerCase(Locale.ROOT));
          if (!matcher.matches()) {
            throw new IllegalArgumentException(
                "is not a duration. Write a number with a unit (ms, s, m, h, d), such as 100ms");
          }
          BigInteger unitMs =
              switch (matcher.group(2)) {
                case "ms" -> BigInteger.ONE;
                case "s" -> BigInteger.valueOf(1_000);
                case "m" -> BigInteger.valueOf(60_000);
                case "h" -> BigInteger.valueOf(3_600_000);
                default -> BigInteger.valueOf(86_400_000);
              };
          BigInteger ms = new BigInteger(matcher.group(1)).multiply(unitMs);
          if (ms.compareTo(BigInteger.valueOf(atLeast.toMillis())) < 0
              || ms.compareTo(BigInteger.valueOf(atMost.toMillis())) > 0) {
            throw new IllegalArgumentException(
                "is out of range. Write a duration from "
                    + inWords(atLeast)
                    + " to "
                    + inWords(atMost));
          }
          return Duration.ofMillis(ms.longValueExact());
        });
  }

  /** A number of bytes from {@code atLeast} to {@code atMost}; 1 KB is 1024 bytes. */
  static ValueType<Long> size(long atLeast, long atMost) {
    return new ValueType<>(
        text -> {
          Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
          if (!matcher.matches()) {
            throw new IllegalArgumentException(
                "is not a size. Write a number with a unit (KB, MB, GB), such as 128MB");
          }
          int shift =
              switch (matcher.group(2)) {
                case "K" -> 10;
                case "M" -> 20;
                case "G" -> 30;
                case "T" -> 40;
                default -> 0;
              };
          BigInteger bytes = new BigInteger(matcher.group(1)).shiftLeft(shift);
          if (bytes.compareTo(BigInteger.valueOf(atLeast)) < 0
              || bytes.compareTo(BigInteger.valueOf(atMost)) > 0) {
            throw new IllegalArgumentException(
                "is out of range. Write a size from "
                    + inWords(atLeast)
                    + " to "
                    + inWords(atMost));
          }
          return bytes.longValueExact();
        });
  }

  /** A number of bytes, or a share of the heap such as 50%. */
  static ValueType<Long> sizeOrHeapShare(long atLeast, long maxHeapBytes) {
    ValueType<Long> size = size(atLeast, Long.MAX_VALUE);
    return new ValueType<>(
        text -> {
          Matcher matcher = PERCENT.matcher(text);
          if (!matcher.matches()) {
            return size.parse().apply(text);
          }
          int percent = Integer.parseInt(matcher.group(1));
          if (percent < 1 || percent > 90) {
            throw new IllegalArgumentException("is out of range. Write a share from 1% to 90%");
          }
          return Math.max(
              atLeast,
              BigDecimal.valueOf(maxHeapBytes)
                  .multiply(BigDecimal.valueOf(percent))
                  .divideToIntegralValue(BigDecimal.valueOf(100))
                  .longValue());
        });
  }

  /** A whole number from {@code atLeast} to {@code atMost}. */
  static ValueType<Integer> integer(int atLeast, int atMost) {
    return new ValueType<>(
        text -> {
          int value;
          try {
            value = Integer.parseInt(text);
          } catch (NumberFormatException e) {
            throw new IllegalArgumentException("is not a whole number", e);
          }
          if (value < atLeast || value > atMost) {
            throw new IllegalArgumentException(
                "is out of range. Write a number from " + atLeast + " to " + atMost);
          }
          return value;
        });
  }

  /** A count that is not negative and may be large. */
  static ValueType<Long> count() {
    return new ValueType<>(
        text -> {
          if (!text.matches("\\d{1,18}")) {
            throw new IllegalArgumentException(
                "is not a count. Write a whole number that is not negative");
          }
          return Long.parseLong(text);
        });
  }

  /** One of the constants of an enum, written in lower case with hyphens. */
  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
    E[] constants = type.getEnumConstants();
    return new ValueType<>(
        text ->
            Arrays.stream(constants)
                .filter(constant -> spelling(constant).equals(text.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(
                    () -> {
                      List<String> words = new ArrayList<>();
                      for (E constant : constants) {
                        words.add(spelling(constant));
                      }
                      return new IllegalArgumentException(
                          "is not one of the choices. Write " + String.join(" or ", words));
                    }));
  }

  /** true or false, and nothing else. */
  static ValueType<Boolean> flag() {
    return new ValueType<>(
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException("is neither. Write true or false");
            });
  }

  /** Names with commas between them; the empty text is the empty set. */
  static ValueType<Set<String>> names() {
    return new ValueType<>(
        text -> {
          Set<String> names = new LinkedHashSet<>();
          for (String part : text.split(",", -1)) {
            String name = part.strip();
            if (!name.isEmpty() && !isName(name)) {
              throw new IllegalArgumentException(
                  "has the name '"
                      + name
                      + "', which is not one. Write lower-case letters, digits and hyphens, with"
                      + " commas between names");
            }
            if (!name.isEmpty()) {
              names.add(name);
            }
          }
          return Collections.unmodifiableSet(names);
        });
  }

  /** A set of texts with commas between them; empty if the setting is. */
  static ValueType<Set<String>> texts() {
    return new ValueType<>(
        text -> {
          Set<String> texts = new LinkedHashSet<>();
          for (String part : text.split(",", -1)) {
            if (!part.isBlank()) {
              texts.add(part.strip());
            }
          }
          return Collections.unmodifiableSet(texts);
        });
  }

  /** {@return whether the text may name a job, a stage or a store} */
  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** {@return a constant as settings write it} */
  static String spelling(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String inWords(Duration duration) {
    long ms = duration.toMillis();
    if (ms >= 86_400_000 && ms % 86_400_000 == 0) {
      return ms / 86_400_000 + "d";
    }
    if (ms >= 60_000 && ms % 60_000 == 0) {
      return ms / 60_000 + "m";
    }
    return ms >= 1_000 && ms % 1_000 == 0 ? ms / 1_000 + "s" : ms + "ms";
  }

  private static String inWords(long bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return (bytes >> 20) + "MB";
    }
    return bytes >= 1 << 10 && bytes % (1 << 10) == 0 ? (bytes >> 10) + "KB" : bytes + " bytes";
  }
}
