package dev.millrace.runner.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files of the dashboard: a page for browsers at {@code /}, which reads what the other pages
 * answer. They have no secrets, so no token is needed for them; the page asks for it.
 *
 * <p>What can be asked for is in a fixed table, and a path is only ever looked up there: none leads
 * to a file. A test compares the table with what lies beside this class.
 *
 * <p>Browsers keep the files and ask each time whether they are still the same, since the next
 * version of the runner is at the same address.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class Dashboard {

  /** The files, below {@code /dashboard/}; the first one is at {@code /} only. */
  static final List<String> FILES =
      List.of(
          "index.html",
          "icon.svg",
          "style.css",
          "theme.js",
          "api.js",
          "app.js",
          "charts.js",
          "events.js",
          "format.js",
          "graph.js",
          "history.js",
          "keys.js",
          "lib.js",
          "model.js",
          "parts.js",
          "routes.js",
          "store.js",
          "views/config.js",
          "views/exceptions.js",
          "views/graph.js",
          "views/letters.js",
          "views/partitions.js",
          "views/records.js",
          "views/state.js",
          "views/threads.js",
          "views/time.js",
          "vendor/dagre.esm.js",
          "vendor/standalone.module.js",
          "vendor/uPlot.iife.min.js",
          "vendor/uPlot.min.css");

  /** Where they lie, seen from this class. */
  static final String DIRECTORY = "dashboard/";

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  /**
   * Scripts, styles and requests go to this server alone, and nothing that a record contains can
   * become one of them; no other page has this one in a frame.
   */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final Map<String, String> HEADERS =
      Map.of(
          "Cache-Control",
          "no-cache",
          "Content-Security-Policy",
          CONTENT_SECURITY_POLICY,
          "Referrer-Policy",
          "no-referrer",
          "Vary",
          "Accept-Encoding",
          "X-Frame-Options",
          "DENY");

  private final Map<String, Variants> byPath = new HashMap<>();

  /** A file as it is and compressed; each has a tag of its own, as RFC 9110 wants it. */
  private record Variants(Answer plain, Answer compressed) {}

  Dashboard() {
    for (String file : FILES) {
      byPath.put(path(file), variants(file));
    }
  }

  /** {@return where a browser finds a file} */
  static String path(String file) {
    return file.equals(FILES.get(0)) ? "/" : "/dashboard/" + file;
  }

  private static Variants variants(String file) {
    byte[] content = read(file);
    String type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
    if (type == null) {
      throw new IllegalStateException("The dashboard has a file of no known type: " + file);
    }
    String tag = digest(content).substring(0, 32);
    Answer plain = answer(content, type, tag);
    Answer compressed = answer(gzip(content), type, tag + "-gzip").with("Content-Encoding", "gzip");
    return new Variants(plain, compressed);
  }

  private static Answer answer(byte[] content, String type, String tag) {
    return new Answer(200, type, content, HEADERS).with("ETag", '"' + tag + '"');
  }

  private static byte[] read(String file) {
    try (InputStream in = Dashboard.class.getResourceAsStream(DIRECTORY + file)) {
      if (in == null) {
        throw new IllegalStateException("The dashboard lacks a file: " + file);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** {@return the SHA-256 of a file, in hexadecimal} */
  static String digest(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * {@return the file at a path; empty if there is none}
   *
   * @param path as it came, not decoded
   * @param knownTags the {@code If-None-Match} of the request
   * @param encodings its {@code Accept-Encoding}
   */
  Optional<Answer> at(
      String method, String path, @Nullable String knownTags, @Nullable String encodings) {
    Variants variants = byPath.get(path);
    if (variants == null) {
      return Optional.empty();
    }
    if (!method.equals("GET") && !method.equals("HEAD")) {
      throw Problem.methodNotAllowed(
          "Cannot do that to a file of the dashboard: it can only be read", "GET, HEAD");
    }
    Answer answer = takesGzip(encodings) ? variants.compressed() : variants.plain();
    return Optional.of(isKnown(answer, knownTags) ? notModified(answer) : answer);
  }

  private static boolean takesGzip(@Nullable String encodings) {
    return words(encodings).anyMatch("gzip"::equals);
  }

  private static boolean isKnown(Answer answer, @Nullable String knownTags) {
    String tag = answer.headers().get("ETag");
    return words(knownTags)
        .map(word -> word.startsWith("W/") ? word.substring(2) : word)
        .anyMatch(word -> word.equals(tag));
  }

  /** {@return the elements of a header that is a list, without those that have parameters} */
  private static Stream<String> words(@Nullable String list) {
    return list == null ? Stream.of() : Arrays.stream(list.split(",", 64)).map(String::strip);
  }

  private static Answer notModified(Answer answer) {
    Map<String, String> headers =
        answer.headers().entrySet().stream()
            .filter(header -> !header.getKey().equals("Content-Encoding"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    return new Answer(304, answer.contentType(), new byte[0], headers);
  }
}
