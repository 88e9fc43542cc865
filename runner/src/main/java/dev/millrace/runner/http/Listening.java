package dev.millrace.runner.http;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * The address to listen at.
 *
 * @param address the address
 * @param choice where it comes from
 */
record Listening(InetSocketAddress address, Choice choice) {

  /** The origin of an address. */
  enum Choice {
    /** The settings name it: if it cannot be bound, that is an error. */
    OURS,
    /** The default: if the port is taken, another one will do. */
    NOBODYS
  }

  static final int DEFAULT_PORT = 7575;

  private static final String AUTO = "auto";
  private static final String OFF = "off";

  /**
   * {@return the address of the settings; empty if nothing is to be served}
   *
   * @throws ConfigurationException if the address is not known, or would let strangers in
   */
  static Optional<Listening> of(JobConfig config) {
    String text = config.httpAddress();
    if (text.equals(OFF)) {
      return Optional.empty();
    }
    if (text.equals(AUTO)) {
      return Optional.of(new Listening(loopback(DEFAULT_PORT), Choice.NOBODYS));
    }
    int colon = text.lastIndexOf(':');
    String host = text.substring(0, colon).replace("[", "").replace("]", "");
    int port = Integer.parseInt(text.substring(colon + 1));
    try {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), port);
      checkStrangers(address, text, config);
      return Optional.of(new Listening(address, Choice.OURS));
    } catch (UnknownHostException e) {
      throw new ConfigurationException(
          "Cannot serve HTTP: the host of http.address is not known ("
              + text
              + "). Give a name or an address of this machine, such as 127.0.0.1:"
              + port
              + ".",
          e);
    }
  }

  private static void checkStrangers(InetSocketAddress address, String text, JobConfig config) {
    boolean isGuarded =
        config.httpToken().isPresent()
            || config.httpTlsCertificate().isPresent()
            || config.httpTlsKeystore().isPresent();
    if (!address.getAddress().isLoopbackAddress() && !isGuarded) {
      throw new ConfigurationException(
          "Cannot serve HTTP: other machines reach this address, and no token keeps strangers out"
              + " (http.address="
              + text
              + "). Set http.token, for example by the variable MILLRACE_HTTP_TOKEN, or"
              + " http.tls.certificate, or serve at 127.0.0.1:"
              + address.getPort()
              + ".");
    }
  }

  /** {@return that port of the loopback interface, whatever it is called} */
  static InetSocketAddress loopback(int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
