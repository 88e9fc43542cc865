package dev.millrace.runner.http;

import com.sun.net.httpserver.Headers;
import dev.millrace.runner.peer.Peers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The checks of who asks.
 *
 * <p>At a loopback address the {@code Host} must be a name of it: the pages of strangers may not
 * read the server through a browser, by a name of theirs that leads to 127.0.0.1 (DNS rebinding).
 * Where a token is set, requests have to bring it along; it is compared in constant time.
 *
 * <p>To write, a token of its own is needed. Without any token, at a loopback address, a header is
 * needed instead that a browser sends for no form and, without a preflight that nobody answers, for
 * no script of another origin.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class Guard {

  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(?:localhost|(?:[a-z0-9-]+\\.)+localhost|127(?:\\.\\d{1,3}){3}|\\[::1])(?::\\d{1,5})?",
          Pattern.CASE_INSENSITIVE);
  private static final String SCHEME = "Bearer ";
  private static final String CHALLENGE = "Bearer realm=\"millrace\"";

  private final boolean onLoopback;
  private final byte @Nullable [] token;
  private final byte @Nullable [] writeToken;

  /**
   * Creates the checks.
   *
   * @param onLoopback whether the server listens at a loopback address
   * @param token of those who read; empty if anybody may
   * @param writeToken of those who write and read
   */
  Guard(boolean onLoopback, Optional<String> token, Optional<String> writeToken) {
    this.onLoopback = onLoopback;
    this.token = token.map(Guard::bytes).orElse(null);
    this.writeToken = writeToken.map(Guard::bytes).orElse(null);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Refuses a request to a name that is not of the address. */
  void checkHost(Headers headers) {
    String host = headers.getFirst("Host");
    if (onLoopback && host != null && !LOOPBACK.matcher(host).matches()) {
      throw Problem.forbidden(
          "Cannot answer: the request is for another host. Ask for localhost or 127.0.0.1");
    }
  }

  /** Refuses a request without a token, where one is needed to read. */
  void checkToken(Headers headers) {
    if (token == null) {
      return;
    }
    byte[] given = given(headers);
    // Both are compared in any case, so that the time of an answer reveals nothing.
    boolean reads = MessageDigest.isEqual(given, token);
    boolean writes = writeToken != null && MessageDigest.isEqual(given, writeToken);
    if (!reads && !writes) {
      throw wrongToken();
    }
  }

  /** Refuses a request that may not change anything. */
  void checkWriter(Headers headers) {
    if (writeToken != null) {
      byte[] given = given(headers);
      if (MessageDigest.isEqual(given, writeToken)) {
        return;
      }
      if (token != null && MessageDigest.isEqual(given, token)) {
        throw Problem.forbidden(
            "Cannot change anything: this token only reads. Send that of http.write.token");
      }
      throw wrongToken();
    }
    if (token != null || !onLoopback) {
      throw Problem.forbidden(
          "Cannot change anything: this server only lets read. Set http.write.token to let those"
              + " write who have it");
    }
    checkOrigin(headers);
    if (!headers.containsKey(Peers.WRITES)) {
      throw Problem.forbidden(
          "Cannot change anything: a page of a browser could have sent this. Send the header "
              + Peers.WRITES
              + " with any value");
    }
  }

  /** Refuses what a browser sends for a page of another origin. */
  private static void checkOrigin(Headers headers) {
    String origin = headers.getFirst("Origin");
    String host = headers.getFirst("Host");
    boolean isOwn =
        origin == null || origin.equals("http://" + host) || origin.equals("https://" + host);
    String site = headers.getFirst("Sec-Fetch-Site");
    boolean isSameSite = site == null || site.equals("same-origin") || site.equals("none");
    if (!isOwn || !isSameSite) {
      throw Problem.forbidden("Cannot change anything: the request comes from another origin");
    }
  }

  private static byte[] given(Headers headers) {
    String given = headers.getFirst("Authorization");
    if (given == null) {
      throw Problem.unauthorized(
          "Cannot answer: the request has no token. Send it as Authorization: Bearer TOKEN",
          CHALLENGE);
    }
    if (!given.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw wrongToken();
    }
    return bytes(given.substring(SCHEME.length()).strip());
  }

  private static Problem wrongToken() {
    return Problem.unauthorized(
        "Cannot answer: the token of the request is not that of this server",
        CHALLENGE + ", error=\"invalid_token\"");
  }
}
