package dev.millrace.internal.util;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Names of stages and steps, {@code [a-z0-9-]}, made from names of topics and files. */
public final class DerivedName {

  private DerivedName() {}

  /**
   * {@return the text in small letters, with a dash for whatever is neither letter nor digit}
   *
   * <p>A text in which nothing is left becomes the kind and a hash of the text: the name is part of
   * topics that stay, so it has to be the same at every start.
   *
   * @param kind a word for what the text names
   */
  public static String of(String kind, String text) {
    String name =
        text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    return name.isEmpty() ? kind + "-" + hash(text) : name;
  }

  /** {@return eight hexadecimal digits that are the same for the same text} */
  public static String hash(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return String.format(Locale.ROOT, "%08x", Hashing.murmur2(bytes, 0, bytes.length));
  }
}
