package dev.millrace.internal.frame;

import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads golden bytes: hex digits, then, after two spaces or more, what they are. */
final class FrameHex {

  private static final Pattern LAYOUT = Pattern.compile("(?m)^((?:[0-9A-F]+ ?)+)(?:  .*)?$");

  private FrameHex() {}

  static byte[] parse(String text) {
    StringBuilder digits = new StringBuilder();
    for (String line : text.split("\n")) {
      if (line.isBlank()) {
        continue;
      }
      Matcher matcher = LAYOUT.matcher(line.strip());
      if (!matcher.matches()) {
        throw new IllegalArgumentException("not golden bytes: " + line);
      }
      digits.append(matcher.group(1).replace(" ", ""));
    }
    return HexFormat.of().parseHex(digits);
  }
}
