package dev.millrace.sidebyside.figures;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The times at which words were sent, kept until results account for them.
 *
 * <p>A result of a word with the number n accounts for its first n occurrences. So each record has
 * a latency, however many of them a result brings at once.
 *
 * <p><b>Threads.</b> One may send while another sees.
 */
public final class Arrivals {

  private final long before;
  private final Map<String, Word> words = new ConcurrentHashMap<>();
  private final AtomicLong pending = new AtomicLong();

  /**
   * Creates arrivals without any.
   *
   * @param before how often each word had been sent before, all of which results account for
   */
  public Arrivals(long before) {
    this.before = before;
  }

  /** Notes that a word is sent; call it before that. */
  public void send(String word, long atMicros) {
    pending.incrementAndGet();
    Word sent = words.computeIfAbsent(word, key -> new Word());
    synchronized (sent) {
      sent.times.add(atMicros);
    }
  }

  /**
   * Notes that a result was seen.
   *
   * @param sink gets the time at which each record was sent that this result is the first to
   *     account for
   */
  public void see(String word, long count, Sink sink) {
    Word sent = words.get(word);
    if (sent == null) {
      // Sent before all that counts here, or never, which the last number of each word tells.
      return;
    }
    synchronized (sent) {
      sent.lastSeen = count - before;
      while (sent.seen < sent.lastSeen && !sent.times.isEmpty()) {
        sink.accept(sent.times.remove());
        sent.seen++;
        pending.decrementAndGet();
      }
    }
  }

  /** {@return how many records results do not account for yet} */
  public long pending() {
    return pending.get();
  }

  /** {@return how many words have another number than they should have by now} */
  public long wrong() {
    return words.values().stream().filter(Word::isWrong).count();
  }

  /** The receiver of the times of records. */
  public interface Sink {

    /** Takes the time at which a record was sent. */
    void accept(long sentMicros);
  }

  private static final class Word {

    /** Of occurrences that no result has accounted for. */
    private final ArrayDeque<Long> times = new ArrayDeque<>();

    private long seen;

    /** By the last result, which is more than was sent if something was counted twice. */
    private long lastSeen;

    synchronized boolean isWrong() {
      return lastSeen != seen + times.size();
    }
  }
}
