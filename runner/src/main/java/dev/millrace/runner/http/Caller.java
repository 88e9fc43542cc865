package dev.millrace.runner.http;

import com.sun.net.httpserver.Headers;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.peer.Peers;
import java.util.Optional;

/**
 * The caller of a page, in whose name other instances are asked too.
 *
 * @param authorization the header of that name
 * @param isInstance whether it is another instance, which wants the answer of this one alone
 */
record Caller(Optional<String> authorization, boolean isInstance) {

  /** {@return the server itself, for those who watch and have shown the token before} */
  static Caller ofServer(JobConfig config) {
    return new Caller(config.httpToken().map(token -> "Bearer " + token), false);
  }

  static Caller of(Headers headers) {
    return new Caller(
        Optional.ofNullable(headers.getFirst("Authorization"))
            .filter(given -> given.chars().allMatch(c -> c >= ' ' && c < 127)),
        headers.containsKey(Peers.FORWARDED));
  }
}
