package dev.millrace.runner.http;

import dev.millrace.query.StateCursor;
import dev.millrace.query.StateScan;
import dev.millrace.query.StateStoreInfo;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A question to a store, read from a request and checked.
 *
 * @param store the store
 * @param key the only key; empty for a scan
 * @param prefix what keys are to begin with
 * @param from the earliest begin of a window
 * @param to the time before which windows begin
 * @param limit how many rows at most
 * @param cursor where to go on
 * @param maxAge how old the answer may be
 */
record StateQuestion(
    StateStoreInfo store,
    Optional<String> key,
    Optional<String> prefix,
    Optional<Instant> from,
    Optional<Instant> to,
    int limit,
    Optional<StateCursor> cursor,
    Optional<Duration> maxAge) {

  /** The parameters of a query that asks. */
  static final Set<String> PARAMETERS =
      Set.of("stage", "key", "prefix", "from", "to", "limit", "cursor", "maxAge");

  private static final int USUAL_ROWS = 100;
  private static final int MOST_ROWS = 1000;

  /** {@return what a request asks of a store}, or throws the problem that it does not fit */
  static StateQuestion of(Request request, StateStoreInfo store) {
    StateQuestion question =
        new StateQuestion(
            store,
            request.text("key"),
            request.text("prefix").filter(text -> !text.isEmpty()),
            request.time("from"),
            request.time("to"),
            request.number("limit", 1, MOST_ROWS).orElse(USUAL_ROWS),
            request.text("cursor").map(StateCursor::parse),
            request.duration("maxAge"));
    question.check();
    return question;
  }

  private void check() {
    if (key.isPresent() && prefix.isPresent()) {
      throw Problem.badRequest(
          "Cannot ask for a key and for a prefix of keys at once: leave one of them out");
    }
    if (!hasWindows() && (from.isPresent() || to.isPresent())) {
      throw Problem.badRequest(
          "Cannot ask store '"
              + store.name()
              + "' for a stretch of time: it has no windows. Leave from and to out");
    }
    if (!hasWindows() && key.isPresent() && cursor.isPresent()) {
      throw Problem.badRequest(
          "Cannot go on after a key: it has one row at most. Leave the cursor out");
    }
  }

  /** {@return whether the store's rows have windows} */
  boolean hasWindows() {
    return store.kind() == StateStoreInfo.Kind.WINDOWS;
  }

  /** {@return the store's name, unmistakable in the job} */
  String wholeName() {
    return store.stage() + "/" + store.name();
  }

  /** {@return the same from another place, for so many rows} */
  StateQuestion at(StateCursor place, int rows) {
    return new StateQuestion(store, key, prefix, from, to, rows, Optional.of(place), maxAge);
  }

  /** {@return the same for answers of such an age} */
  StateQuestion ofAge(Duration age) {
    return new StateQuestion(store, key, prefix, from, to, limit, cursor, Optional.of(age));
  }

  /** {@return what is asked of one task} */
  StateScan scan() {
    StateScan scan = StateScan.all().limit(limit);
    if (prefix.isPresent()) {
      scan = scan.prefix(prefix.get());
    }
    if (from.isPresent() || to.isPresent()) {
      scan = scan.between(from.orElse(Instant.MIN), to.orElse(Instant.MAX));
    }
    return cursor.isPresent() ? scan.after(cursor.get()) : scan;
  }

  /** {@return the path and query that ask another instance the same} */
  String path(String job) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("stage", store.stage());
    key.ifPresent(text -> query.put("key", text));
    prefix.ifPresent(text -> query.put("prefix", text));
    from.ifPresent(time -> query.put("from", time.toString()));
    to.ifPresent(time -> query.put("to", time.toString()));
    query.put("limit", Integer.toString(limit));
    cursor.ifPresent(place -> query.put("cursor", place.token()));
    maxAge.ifPresent(age -> query.put("maxAge", age.toMillis() + "ms"));
    return query.entrySet().stream()
        .map(
            each ->
                each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
        .collect(
            Collectors.joining("&", "/api/v1/jobs/" + job + "/state/" + store.name() + "?", ""));
  }
}
