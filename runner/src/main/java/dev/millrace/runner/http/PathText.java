package dev.millrace.runner.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The reading of a request's path and query, which trusts nothing: what is not well-formed, or
 * would lead elsewhere in a system of files, is refused and never tidied up.
 */
final class PathText {

  private PathText() {}

  /** {@return the segments of a path, decoded; {@code /} has none} */
  static List<String> segments(String path) {
    if (!path.startsWith("/")) {
      throw Problem.badRequest("Cannot read the path: it does not begin with /");
    }
    List<String> segments = new ArrayList<>();
    if (path.length() > 1) {
      for (String part : path.substring(1).split("/", -1)) {
        segments.add(segment(part));
      }
    }
    return segments;
  }

  private static String segment(String encoded) {
    String segment = decoded(encoded);
    boolean leadsElsewhere =
        segment.equals(".")
            || segment.equals("..")
            || segment.indexOf('/') >= 0
            || segment.indexOf('\\') >= 0;
    if (leadsElsewhere) {
      throw Problem.badRequest("Cannot read the path: it leads out of itself");
    }
    return segment;
  }

  /** {@return the parameters of a query, decoded} */
  static Map<String, String> query(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String part : query.split("&", -1)) {
      if (part.isEmpty()) {
        continue;
      }
      int equals = part.indexOf('=');
      String name = decoded(equals < 0 ? part : part.substring(0, equals));
      String value = equals < 0 ? "" : decoded(part.substring(equals + 1).replace('+', ' '));
      if (parameters.put(name, value) != null) {
        throw Problem.badRequest("Cannot read the query: it has '" + name + "' twice");
      }
    }
    return parameters;
  }

  /** {@return the text with its escapes decoded, as UTF-8} */
  private static String decoded(String encoded) {
    ByteBuffer bytes = ByteBuffer.allocate(encoded.length() * 3);
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c == '%') {
        bytes.put((byte) escaped(encoded, i + 1));
        i += 2;
      } else {
        bytes.put(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      }
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
      if (text.chars().anyMatch(Character::isISOControl)) {
        throw Problem.badRequest("Cannot read the path or query: it has a control character");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw Problem.badRequest("Cannot read the path or query: an escape in it is not UTF-8");
    }
  }

  private static int escaped(String encoded, int at) {
    int high = at < encoded.length() ? Character.digit(encoded.charAt(at), 16) : -1;
    int low = at + 1 < encoded.length() ? Character.digit(encoded.charAt(at + 1), 16) : -1;
    if (high < 0 || low < 0) {
      throw Problem.badRequest("Cannot read the path or query: it has a % that is no escape");
    }
    return high << 4 | low;
  }
}
