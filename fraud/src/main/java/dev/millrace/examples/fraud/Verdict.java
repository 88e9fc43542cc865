package dev.millrace.examples.fraud;

import dev.millrace.examples.fraud.FraudPlan.Case;
import dev.millrace.examples.fraud.FraudPlan.Kind;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Alerts, compared with what was planted.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Verdict {

  private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":(?:\"([^\"]*)\"|(-?[0-9]+))");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final FraudPlan plan;
  private final Set<String> alerts = new HashSet<>();
  private final Map<Kind, Set<String>> found = new EnumMap<>(Kind.class);
  private int unplanted;
  private int repeated;

  Verdict(FraudPlan plan) {
    this.plan = plan;
    for (Kind kind : Kind.values()) {
      found.put(kind, new HashSet<>());
    }
  }

  /** Takes an alert, as JSON; returns it as a line for people, or null if it does not count. */
  @Nullable String take(String json) {
    Map<String, String> fields = fields(json);
    String card = fields.get("card");
    if (card == null) {
      throw new IllegalArgumentException("This is no alert: " + json);
    }
    Case planted = plan.cases().get(card);
    boolean isNew = alerts.add(card + " " + fields.get("startMs") + " " + fields.get("endMs"));
    if (planted != null && planted.kind() == Kind.CLOSING) {
      found(Kind.CLOSING).add(card);
      return null;
    }
    if (!isNew) {
      repeated++;
    } else if (planted == null) {
      unplanted++;
    } else {
      found(planted.kind()).add(card);
    }
    return (line(fields, planted) + (isNew ? "" : "TWICE")).stripTrailing();
  }

  private Set<String> found(Kind kind) {
    return found.getOrDefault(kind, Set.of());
  }

  private static Map<String, String> fields(String json) {
    Map<String, String> fields = new HashMap<>();
    Matcher matcher = FIELD.matcher(json);
    while (matcher.find()) {
      String text = matcher.group(2);
      fields.put(matcher.group(1), text == null ? matcher.group(3) : text);
    }
    return fields;
  }

  private static String line(Map<String, String> fields, @Nullable Case planted) {
    long startMs = Long.parseLong(fields.getOrDefault("startMs", "0"));
    long endMs = Long.parseLong(fields.getOrDefault("endMs", "0"));
    return String.format(
        Locale.ROOT,
        "%s  %-10s %s tiny payments in %s, then %.2f in %s, all in %d:%02d   %s",
        TIME.format(Instant.ofEpochMilli(endMs)),
        fields.get("card"),
        fields.get("probes"),
        fields.get("from"),
        Long.parseLong(fields.getOrDefault("cents", "0")) / 100.0,
        fields.get("to"),
        (endMs - startMs) / 60_000,
        (endMs - startMs) / 1_000 % 60,
        planted == null || planted.kind() == Kind.HONEST ? "(no fraud)" : "");
  }

  /** {@return whether all that was planted has had its time} */
  boolean isOver() {
    return found(Kind.CLOSING).size() == plan.count(Kind.CLOSING);
  }

  /** {@return whether each fraud was found that can be found, and no alert came twice} */
  boolean isSound() {
    return isOver() && found(Kind.QUICK).size() == plan.count(Kind.QUICK) && repeated == 0;
  }

  /** {@return precision and recall} */
  String text() {
    int fraud = plan.count(Kind.QUICK) + plan.count(Kind.SLOW);
    int right = found(Kind.QUICK).size() + found(Kind.SLOW).size();
    int wrong = found(Kind.HONEST).size() + unplanted;
    return String.format(
        Locale.ROOT,
        "%d frauds were planted, %d of them too slow for the pattern, and %d honest journeys that look"
            + " the same%n"
            + "precision %.3f: %d of %d alerts were fraud%n"
            + "recall    %.3f: %d of %d frauds were found, %d of the %d that can be%n"
            + "alerts that came twice: %d%s",
        fraud,
        plan.count(Kind.SLOW),
        plan.count(Kind.HONEST),
        share(right, right + wrong),
        right,
        right + wrong,
        share(right, fraud),
        right,
        fraud,
        found(Kind.QUICK).size(),
        plan.count(Kind.QUICK),
        repeated,
        isOver() ? "" : String.format(Locale.ROOT, "%nnot all has come: the time was up"));
  }

  private static double share(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
