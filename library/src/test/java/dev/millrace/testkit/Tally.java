package dev.millrace.testkit;

/**
 * What was processed of a key whose numbers count from 1, in texts such as {@code key:1}.
 *
 * @param count how many numbers
 * @param last the largest of them
 */
public record Tally(String key, long count, long last, long sum) {

  public static Tally of(String text) {
    int colon = text.indexOf(':');
    long number = Long.parseLong(text.substring(colon + 1));
    return new Tally(text.substring(0, colon), 1, number, number);
  }

  public Tally with(Tally other) {
    return new Tally(key, count + other.count, Math.max(last, other.last), sum + other.sum);
  }

  public boolean isOfPrefix() {
    return last == count && sum == count * (count + 1) / 2;
  }
}
