package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The activity of a new person in a window.
 *
 * @param name their name if they came in it, else null
 * @param sells whether they opened an auction in it
 */
public record Newcomer(@Nullable String name, boolean sells) implements Serializable {

  /** Someone who did nothing. */
  public static final Newcomer NOBODY = new Newcomer(null, false);

  /** {@return whether they came and opened an auction} */
  public boolean hasComeToSell() {
    return name != null && sells;
  }

  /** {@return the same after one thing more} */
  public Newcomer with(Arrival arrival) {
    return with(new Newcomer(arrival.name(), arrival.name() == null));
  }

  /** {@return what they did here and elsewhere} */
  public Newcomer with(Newcomer other) {
    return new Newcomer(name == null ? other.name : name, sells || other.sells);
  }
}
