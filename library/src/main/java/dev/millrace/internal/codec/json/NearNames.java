package dev.millrace.internal.codec.json;

/**
 * Names that differ in nothing but case and in how words are joined: {@code userId}, {@code
 * USER_ID}, {@code user-id}.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class NearNames {

  private NearNames() {}

  /** {@return whether two different names are near; names with different first letters are not} */
  static boolean areNear(String a, String b) {
    return !a.isEmpty()
        && !b.isEmpty()
        && a.charAt(0) < 0x80
        && lower(a.charAt(0)) == lower(b.charAt(0))
        && !a.equals(b)
        && folded(a).equals(folded(b));
  }

  private static String folded(String name) {
    StringBuilder folded = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (i == 0 || !isJoint(c)) {
        folded.append((char) lower(c));
      }
    }
    return folded.toString();
  }

  /** {@return whether the bytes [from, to), which are ASCII, are near a name that is ASCII too} */
  static boolean areNear(byte[] bytes, int from, int to, byte[] name) {
    if (from == to || name.length == 0 || lower(bytes[from]) != lower(name[0])) {
      return false;
    }
    int i = from + 1;
    int k = 1;
    while (true) {
      while (i < to && isJoint(bytes[i])) {
        i++;
      }
      while (k < name.length && isJoint(name[k])) {
        k++;
      }
      if (i == to || k == name.length) {
        return i == to && k == name.length;
      }
      if (lower(bytes[i++]) != lower(name[k++])) {
        return false;
      }
    }
  }

  /**
   * {@return a number below 64, the same for all names in ASCII that are near one another} Most
   * others differ in it, since it is made of the first and the last letter.
   */
  static int shape(byte[] bytes, int from, int to) {
    int last = to - 1;
    while (last > from && isJoint(bytes[last])) {
      last--;
    }
    return (bytes[from] & 31) * 5 + (bytes[last] & 31) & 63;
  }

  private static boolean isJoint(int c) {
    return c == '_' || c == '-';
  }

  private static int lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }
}
