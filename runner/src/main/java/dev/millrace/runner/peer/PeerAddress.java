package dev.millrace.runner.peer;

import dev.millrace.admin.JobStatus;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The address of another instance, as far as it can be asked from here.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class PeerAddress {

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(?:\\.\\d{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);

  private final String base;

  private PeerAddress(String base) {
    this.base = base;
  }

  /**
   * {@return where an instance is asked}
   *
   * @param ownHost the host of the instance that asks, as it reports it; empty if it has not yet
   * @throws PeerSilentException if it cannot be asked from here
   */
  static PeerAddress of(JobStatus.Instance instance, Optional<String> ownHost)
      throws PeerSilentException {
    String http = instance.http().orElse(null);
    if (http == null) {
      throw silent(instance, "it serves no HTTP, or its version does not report where");
    }
    URI uri = read(instance, http);
    if (LOOPBACK.matcher(uri.getHost()).matches()
        && !ownHost.equals(Optional.of(instance.host()))) {
      // The same address here is that of another process, or of this one.
      throw silent(
          instance,
          "it is on another host ("
              + instance.host()
              + ") and serves that one alone. Set its http.address, and http.advertised where"
              + " others reach it by another name");
    }
    return new PeerAddress(uri.getScheme() + "://" + uri.getRawAuthority());
  }

  private static URI read(JobStatus.Instance instance, String http) throws PeerSilentException {
    try {
      URI uri = new URI(http);
      boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (isHttp && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return uri;
      }
    } catch (URISyntaxException isNone) {
      // The same answer.
    }
    throw silent(instance, "the address that it reports is none");
  }

  private static PeerSilentException silent(JobStatus.Instance instance, String reason) {
    return new PeerSilentException(
        new Unanswered(instance.id(), instance.http().orElse(null), reason));
  }

  /** {@return the URI of a path there} */
  URI at(String path) {
    return URI.create(base + path);
  }
}
