package dev.millrace.runner.http;

import dev.millrace.config.JobConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;

/** The address of the server as it is published for other instances. */
final class Advertised {

  private Advertised() {}

  /**
   * {@return the address of {@code http.advertised}, completed where it leaves something out;
   * without it the address that the server listens at, or the host's name if that is all addresses}
   *
   * @param scheme what the server speaks
   */
  static URI of(JobConfig config, String scheme, InetSocketAddress bound) {
    String set =
        config
            .httpAdvertised()
            .map(Advertised::bracketed)
            .orElseGet(() -> host(bound.getAddress()));
    if (set.contains("://")) {
      return URI.create(set);
    }
    boolean hasPort = set.lastIndexOf(':') > set.lastIndexOf(']');
    return URI.create(scheme + "://" + (hasPort ? set : set + ":" + bound.getPort()));
  }

  /** {@return what is set, in brackets if it is an address of IPv6 alone} */
  private static String bracketed(String set) {
    boolean isAlone = set.matches("[0-9A-Fa-f:]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*");
    return isAlone ? "[" + set + "]" : set;
  }

  /** {@return an address as it stands in a URI} */
  static String host(InetAddress address) {
    if (address.isAnyLocalAddress()) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "localhost";
      }
    }
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    String plain = zone < 0 ? text : text.substring(0, zone);
    return plain.indexOf(':') < 0 ? plain : "[" + plain + "]";
  }
}
