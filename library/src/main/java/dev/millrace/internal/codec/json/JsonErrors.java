package dev.millrace.internal.codec.json;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;

/**
 * The report of why a text could not be decoded: what is wrong, where, and what to do. The JSON
 * library's own messages are for programmers who configure its mapper, which users of Millrace
 * cannot do.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class JsonErrors {

  private static final int EXCERPT_BYTES = 100;
  private static final int MESSAGE_CHARS = 200;

  /** Advice on settings, in the forms that the library gives it in. */
  private static final Pattern ADVICE =
      Pattern.compile(
          "\\s*\\((?:start marker at|set|enable|disable|use|consider|although|not recognized|for |no )[^()]*"
              + "(?:\\([^()]*\\)[^()]*)*\\)"
              + "|[:;,.]\\s*(?:enable|set|disable|consider|use) .*"
              + "|[;,]?\\s*`?(?:Deserialization|Mapper|Enum|JsonRead|StreamRead)Feature.*");

  private static final Pattern CLASS_NAME = Pattern.compile("`?(?:[\\w$]+\\.)+([\\w$]+)`?");

  /** Words of the library that mean nothing to those who only declared a type. */
  private static final Pattern JARGON =
      Pattern.compile("Feature|Mapper|FAIL_ON|@Json|Creator|creator|eserializ|JsonToken|annotat");

  private final Type type;
  private final byte[] bytes;
  private final int offset;
  private final int length;

  JsonErrors(Type type, byte[] bytes, int offset, int length) {
    this.type = type;
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
  }

  MalformedBytesException malformed(String reason) {
    return malformed(reason, -1, "", null);
  }

  private MalformedBytesException malformed(
      String reason, long at, String remedy, @Nullable Throwable cause) {
    String where = at < 0 || at > length ? "" : "at byte " + at + " of " + length + ", ";
    MalformedBytesException e =
        new MalformedBytesException(
            "Cannot decode JSON as "
                + Types.name(type)
                + ": "
                + reason
                + " ("
                + where
                + "value "
                + excerpt(bytes, offset, length)
                + ")"
                + (remedy.isEmpty() ? "" : ". " + remedy));
    e.initCause(cause);
    return e;
  }

  MalformedBytesException malformed(JacksonException e) {
    TokenStreamLocation location = e.getLocation();
    long at = location == null ? -1 : location.getByteOffset();
    String subject = subject(e.getPath());
    if (e instanceof JsonRefusal refusal) {
      return malformed(
          subject + " " + e.getOriginalMessage() + suggestion(refusal), at, refusal.remedy(), null);
    }
    Throwable cause = e.getCause();
    if (e instanceof StreamReadException) {
      return malformed("it is no JSON: " + cleaned(e), at, "", null);
    }
    if (cause != null && !(cause instanceof JacksonException)) {
      String said = cause.getMessage();
      return malformed(
          subject
              + " was refused by its type: "
              + (said == null ? cause.getClass().getSimpleName() : oneLine(said)),
          at,
          "",
          cause);
    }
    return malformed(subject + " " + predicate(e), at, "", null);
  }

  IncompatibleJobException incompatible(FormerProperties.Refusal e) {
    return new IncompatibleJobException(
        "Cannot read a stored "
            + Types.name(type)
            + ": "
            + subject(e.getPath())
            + " "
            + e.getOriginalMessage()
            + ", which "
            + Types.name(e.type())
            + " does not have; its value would be lost. If it was renamed, put @JsonAlias(\""
            + e.name()
            + "\") on the property; if it was dropped, @JsonIgnoreProperties(\""
            + e.name()
            + "\") on the class");
  }

  private static String predicate(JacksonException e) {
    if (e instanceof InvalidFormatException format && format.getValue() != null) {
      Class<?> wanted = format.getTargetType();
      return "is "
          + quoted(String.valueOf(format.getValue()))
          + ", not "
          + (wanted == null ? "what is expected" : article(wanted));
    }
    String message = cleaned(e);
    if (e instanceof MismatchedInputException mismatch
        && mismatch.getTargetType() != null
        && (message.startsWith("Cannot ")
            || message.startsWith("Unexpected ")
            || JARGON.matcher(message).find())) {
      String token =
          mismatch.getCurrentToken() == null
              ? ""
              : " (it is " + kind(mismatch.getCurrentToken().name()) + ")";
      return "is not " + article(mismatch.getTargetType()) + token;
    }
    if (e instanceof InvalidDefinitionException definition && definition.getType() != null) {
      return "cannot be made: JSON has no way to make "
          + article(definition.getType().getRawClass());
    }
    return JARGON.matcher(message).find() ? "does not fit its type" : "does not fit: " + message;
  }

  private static String kind(String token) {
    return switch (token) {
      case "START_OBJECT", "END_OBJECT", "PROPERTY_NAME" -> "an object";
      case "START_ARRAY", "END_ARRAY" -> "an array";
      case "VALUE_STRING" -> "text";
      case "VALUE_NUMBER_INT" -> "a whole number";
      case "VALUE_NUMBER_FLOAT" -> "a fraction";
      case "VALUE_TRUE", "VALUE_FALSE" -> "a boolean";
      case "VALUE_NULL" -> "null";
      default -> "something else";
    };
  }

  private static String article(Class<?> wanted) {
    if (wanted.isEnum()) {
      Object[] constants = wanted.getEnumConstants();
      String names =
          List.of(constants).stream()
              .limit(20)
              .map(constant -> ((Enum<?>) constant).name())
              .collect(Collectors.joining(", "));
      return "one of " + names + (constants.length > 20 ? ", ..." : "");
    }
    if (Collection.class.isAssignableFrom(wanted)) {
      return "a list";
    } else if (Map.class.isAssignableFrom(wanted)) {
      return "a map";
    }
    String name = Types.name(wanted);
    return ("aeiouAEIOU".indexOf(name.charAt(0)) < 0 ? "a " : "an ") + name;
  }

  /** {@return the field that a path leads to, as people write it: {@code 'lines[2].price'}} */
  private static String subject(List<JacksonException.Reference> path) {
    String text = path(path);
    return text.isEmpty() ? "it" : "'" + text + "'";
  }

  private static String path(List<JacksonException.Reference> path) {
    StringBuilder text = new StringBuilder();
    for (JacksonException.Reference step : path) {
      if (step.getPropertyName() != null) {
        text.append(text.isEmpty() ? "" : ".").append(shortened(step.getPropertyName()));
      } else if (step.getIndex() >= 0) {
        text.append('[').append(step.getIndex()).append(']');
      }
    }
    return text.toString();
  }

  /** {@return the names in the text that may be meant for those that are missing, as a clause} */
  private String suggestion(JsonRefusal refusal) {
    if (refusal.missing().isEmpty()) {
      return "";
    }
    StringBuilder clause = new StringBuilder();
    for (String name : namesAt(refusal.getPath())) {
      for (String missing : refusal.missing()) {
        if (NearNames.areNear(name, missing)) {
          clause
              .append(clause.isEmpty() ? "; " : ", ")
              .append("it has '")
              .append(name)
              .append("' in place of '")
              .append(missing)
              .append("'");
        }
      }
    }
    return clause.toString();
  }

  /** Reads the text once more; that is for errors only. */
  private List<String> namesAt(List<JacksonException.Reference> path) {
    try {
      JsonNode node = JsonCodec.mapper(JsonRules.STORED).readTree(bytes, offset, length);
      for (JacksonException.Reference step : path) {
        node =
            step.getPropertyName() != null
                ? node.path(step.getPropertyName())
                : node.path(step.getIndex());
      }
      return List.copyOf(node.propertyNames());
    } catch (JacksonException e) {
      return List.of();
    }
  }

  /** {@return names as text for people} */
  static String list(List<String> names) {
    return names.stream()
        .limit(20)
        .map(name -> "'" + name + "'")
        .collect(Collectors.joining(", ", "", names.size() > 20 ? ", ..." : ""));
  }

  /** {@return the library's reason without its excerpts, its Java names and its advice} */
  static String cleaned(JacksonException e) {
    String message = String.valueOf(e.getOriginalMessage());
    int line = message.indexOf('\n');
    String first = line < 0 ? message : message.substring(0, line);
    String plain = CLASS_NAME.matcher(ADVICE.matcher(first).replaceAll("")).replaceAll("$1");
    return oneLine(plain.replace("`", "").trim());
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= MESSAGE_CHARS ? line : line.substring(0, MESSAGE_CHARS) + "...";
  }

  static String quoted(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return "\"" + excerpt(utf8, 0, utf8.length) + "\"";
  }

  static String shortened(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return excerpt(utf8, 0, utf8.length);
  }

  /** {@return the first bytes as text on one line; what is no printable text as {@code \xNN}} */
  private static String excerpt(byte[] bytes, int offset, int length) {
    int end = offset + Math.min(length, EXCERPT_BYTES);
    StringBuilder text = new StringBuilder();
    int i = offset;
    while (i < end) {
      int size = characterSize(bytes, i, offset + length);
      String character = new String(bytes, i, size, StandardCharsets.UTF_8);
      int c = character.codePointAt(0);
      boolean isPrintable =
          switch (Character.getType(c)) {
            case Character.CONTROL,
                Character.FORMAT,
                Character.LINE_SEPARATOR,
                Character.PARAGRAPH_SEPARATOR,
                Character.UNASSIGNED,
                Character.SURROGATE,
                Character.PRIVATE_USE ->
                false;
            default -> c != 0xFFFD;
          };
      if (isPrintable) {
        text.append(character);
      } else {
        for (int k = i; k < i + size; k++) {
          text.append(String.format("\\x%02X", bytes[k]));
        }
      }
      i += size;
    }
    return text + (i < offset + length ? "..." : "");
  }

  private static int characterSize(byte[] bytes, int at, int end) {
    int first = bytes[at] & 0xFF;
    int size = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
    for (int i = 1; i < size; i++) {
      if (at + i >= end || (bytes[at + i] & 0xC0) != 0x80) {
        return 1;
      }
    }
    return size;
  }
}
