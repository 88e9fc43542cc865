package dev.millrace.runner.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The table of pages: which path and method lead where.
 *
 * <p>A path is a template such as {@code /api/v1/jobs/{job}/plan}; what stands for a name in braces
 * must be a name as jobs and stages have them, or as stores have them, or a topic as Kafka has it.
 * Templates do not overlap.
 *
 * <p><b>Threads.</b> Built by one thread, then safe for any.
 */
final class Router {

  /** A page. */
  interface Page {

    /** {@return the answer}, or throws a {@link Problem} */
    Answer answer(Request request);
  }

  /** The callers that may request a page. */
  enum Access {
    /** Anybody who reaches the address: probes, which have no secrets. */
    OPEN,
    /** Those who have the token, where one is set. */
    TOKEN,
    /** Those who may change something. */
    WRITE
  }

  /**
   * A page and where it is.
   *
   * @param method of HTTP
   * @param template its path
   * @param query the parameters that its query may have
   */
  record Route(String method, List<String> template, Set<String> query, Access access, Page page) {}

  private static final String NAME = "[a-z0-9][a-z0-9-]{0,62}";
  private static final String TOPIC = "topic";
  private static final String STORE = "store";
  private static final String STORE_NAME = "[a-z0-9][a-z0-9.-]{0,199}";
  private static final String TOPIC_NAME = "[a-zA-Z0-9._-]{1,249}";

  private final List<Route> routes = new ArrayList<>();

  /** Adds a page that is read. */
  Router get(String template, Access access, Set<String> query, Page page) {
    routes.add(new Route("GET", List.of(template.substring(1).split("/")), query, access, page));
    return this;
  }

  /** Adds a page that changes something. */
  Router post(String template, Page page) {
    routes.add(
        new Route("POST", List.of(template.substring(1).split("/")), Set.of(), Access.WRITE, page));
    return this;
  }

  /** {@return all pages, as their method and template} */
  List<String> list() {
    return routes.stream()
        .map(route -> route.method() + " /" + String.join("/", route.template()))
        .toList();
  }

  /** {@return the pages at a path; none if there is nothing there} */
  List<Route> at(List<String> segments) {
    return routes.stream().filter(route -> fits(route.template(), segments)).toList();
  }

  private static boolean fits(List<String> template, List<String> segments) {
    if (template.size() != segments.size()) {
      return false;
    }
    for (int i = 0; i < template.size(); i++) {
      if (!isParameter(template.get(i)) && !template.get(i).equals(segments.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** {@return the page for a method; HEAD is a GET whose body is not wanted} */
  static Route choose(List<Route> routes, String method) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    return routes.stream()
        .filter(route -> route.method().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                Problem.methodNotAllowed(
                    "Cannot " + printable(method) + " this path: it takes " + allowed(routes),
                    allowed(routes)));
  }

  private static String allowed(List<Route> routes) {
    Set<String> methods = new TreeSet<>();
    routes.forEach(route -> methods.add(route.method()));
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    return String.join(", ", methods);
  }

  private static String printable(String method) {
    return method.matches("[A-Z]{1,16}") ? method : "do that to";
  }

  /** {@return what is asked of a page, with the names in the path} */
  static Request request(
      Route route, List<String> segments, Map<String, String> query, String target, Caller caller) {
    Map<String, String> path = new LinkedHashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      String part = route.template().get(i);
      if (isParameter(part)) {
        String parameter = part.substring(1, part.length() - 1);
        path.put(parameter, name(parameter, segments.get(i)));
      }
    }
    for (String parameter : query.keySet()) {
      if (!route.query().contains(parameter)) {
        throw Problem.badRequest(
            "Cannot read the query: there is no parameter '"
                + parameter
                + "' here. "
                + (route.query().isEmpty()
                    ? "There is none at all"
                    : "There are " + String.join(", ", new TreeSet<>(route.query()))));
      }
    }
    return new Request(path, query, target, caller);
  }

  private static String name(String parameter, String text) {
    if (parameter.equals(TOPIC)) {
      return topic(text);
    }
    if (parameter.equals(STORE)) {
      return store(text);
    }
    if (!text.matches(NAME)) {
      throw Problem.badRequest(
          "Cannot read the name of a "
              + parameter
              + ": it has lower-case letters, digits and hyphens, 63 at most");
    }
    return text;
  }

  private static String topic(String text) {
    if (!text.matches(TOPIC_NAME)) {
      throw Problem.badRequest(
          "Cannot read the name of a topic: it has letters, digits, dots, underscores and hyphens,"
              + " 249 at most");
    }
    return text;
  }

  private static String store(String text) {
    if (!text.matches(STORE_NAME)) {
      throw Problem.badRequest(
          "Cannot read the name of a store: it has lower-case letters, digits, dots and hyphens, 200"
              + " at most");
    }
    return text;
  }

  private static boolean isParameter(String part) {
    return part.startsWith("{");
  }
}
