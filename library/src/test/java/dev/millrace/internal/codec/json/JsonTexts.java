package dev.millrace.internal.codec.json;

import java.util.Random;

/** Makes JSON objects with the property names of a record, nearly all well-formed. */
final class JsonTexts {

  private static final String[] NAMES = {
    "text",
    "number",
    "small",
    "ratio",
    "flag",
    "at",
    "boxedNumber",
    "boxedSmall",
    "boxedRatio",
    "boxedFlag",
    "other",
    "Text",
    "NUMBER",
    "boxed_number",
    "at_",
    "te\\u0078t",
    "\u00e4",
    ""
  };

  private static final String[] VALUES = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "12",
    "2147483647",
    "2147483648",
    "-2147483649",
    "999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "0.1",
    "-0.0",
    "1.0",
    "123456789.123456789",
    "9007199254740993",
    "0.3000000000000000444",
    "1e5",
    "1E-7",
    "1e400",
    "1.",
    ".5",
    "+1",
    "01",
    "NaN",
    "\"\"",
    "\"word\"",
    "\"M\u00fcller \uD83D\uDE00\"",
    "\"a\\n\\\"\\u00e4\\uD83D\\uDE00\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"a\tb\"",
    "\"5\"",
    "\" 7 \"",
    "\"true\"",
    "\"\uFFFD\"",
    "\"2026-01-31T12:00:00Z\"",
    "\"2026-02-28T23:59:59.5Z\"",
    "\"2024-02-29T00:00:00.000000001Z\"",
    "\"2026-02-29T00:00:00Z\"",
    "\"2026-04-31T00:00:00Z\"",
    "\"2026-01-01T24:00:00Z\"",
    "\"2026-01-01T23:59:60Z\"",
    "\"2026-01-01T00:00:00.Z\"",
    "\"2026-01-01T00:00:00.1234567891Z\"",
    "\"2026-01-01T00:00:00+01:00\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"2026-1-01T00:00:00Z\"",
    "{}",
    "[]",
    "[1,2,{\"a\":[null,\"b\"]}]",
    "{\"a\":{\"b\":{\"text\":\"c\"}},\"d\":-1.5E+10}",
    "[1,]",
    "{\"a\"}",
    "1767225600000",
    "\"1767225600000\"",
    "-62167219200000",
    "-62167219200001",
    "253402300799999",
    "253402300800000",
    "253402300800",
    "1767225600.25",
    "\"1767225600.25\"",
    "\" \"",
    "tru",
    "nulll"
  };

  private JsonTexts() {}

  static String object(Random random) {
    StringBuilder text = new StringBuilder(white(random)).append('{').append(white(random));
    int properties = random.nextInt(4) == 0 ? 12 : random.nextInt(6);
    for (int i = 0; i < properties; i++) {
      text.append(i == 0 ? "" : ",")
          .append(white(random))
          .append('"')
          .append(NAMES[random.nextInt(NAMES.length)])
          .append('"')
          .append(white(random))
          .append(':')
          .append(white(random))
          .append(value(random))
          .append(white(random));
    }
    return text.append('}').append(white(random)).toString();
  }

  private static String value(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> String.valueOf(random.nextLong() >> random.nextInt(64));
      case 1 -> String.valueOf(random.nextInt(100_000) / 1000.0);
      default -> VALUES[random.nextInt(VALUES.length)];
    };
  }

  private static String white(Random random) {
    return random.nextInt(4) > 0 ? "" : " \n\r\t\f".substring(random.nextInt(5)).substring(0, 1);
  }
}
