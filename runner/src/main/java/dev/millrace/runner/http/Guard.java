package dev.millrace.runner.http;

import com.sun.net.httpserver.Headers;
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

  Guard(boolean onLoopback, Optional<String> token) {
    this.onLoopback = onLoopback;
    this.token = token.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
  }

  /** Refuses a request to a name that is not of the address. */
  void checkHost(Headers headers) {
    String host = headers.getFirst("Host");
    if (onLoopback && host != null && !LOOPBACK.matcher(host).matches()) {
      throw Problem.forbidden(
          "Cannot answer: the request is for another host. Ask for localhost or 127.0.0.1");
    }
  }

  /** Refuses a request without the token. */
  void checkToken(Headers headers) {
    if (token == null) {
      return;
    }
    String given = headers.getFirst("Authorization");
    if (given == null) {
      throw Problem.unauthorized(
          "Cannot answer: the request has no token. Send it as Authorization: Bearer TOKEN",
          CHALLENGE);
    }
    boolean isBearer = given.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    byte[] bytes =
        given.substring(isBearer ? SCHEME.length() : 0).strip().getBytes(StandardCharsets.UTF_8);
    if (!MessageDigest.isEqual(bytes, token) || !isBearer) {
      throw Problem.unauthorized(
          "Cannot answer: the token of the request is not that of this server",
          CHALLENGE + ", error=\"invalid_token\"");
    }
  }
}
