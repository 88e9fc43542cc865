package dev.millrace.runner.peer;

import java.time.Duration;
import java.util.Optional;

/**
 * A request to another instance.
 *
 * @param method of HTTP
 * @param path the path with its query, encoded; it begins with a slash
 * @param authorization the header of that name of the request on whose behalf this is asked
 * @param patience how long the whole answer may take
 */
public record PeerRequest(
    String method, String path, Optional<String> authorization, Duration patience) {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Checks the path. */
  public PeerRequest {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("Cannot ask an instance for " + path + ": it is no path");
    }
  }

  /** {@return a request that reads, to be answered within two seconds} */
  public static PeerRequest get(String path, Optional<String> authorization) {
    return new PeerRequest("GET", path, authorization, PATIENCE);
  }

  /** {@return a request that changes something, to be answered within two seconds} */
  public static PeerRequest post(String path, Optional<String> authorization) {
    return new PeerRequest("POST", path, authorization, PATIENCE);
  }

  /** {@return the same with so much time for its answer} */
  public PeerRequest within(Duration time) {
    return new PeerRequest(method, path, authorization, time);
  }
}
