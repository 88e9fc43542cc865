package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** The servers of this room, bound to an address and not started yet. */
final class Bound {

  private Bound() {}

  /**
   * {@return a server that listens at an address, with TLS if there is a key for it}
   *
   * @param backlog how many connections wait for being accepted
   * @throws IOException if the address cannot be bound
   */
  static HttpServer at(InetSocketAddress address, Optional<SSLContext> tls, int backlog)
      throws IOException {
    if (tls.isEmpty()) {
      return HttpServer.create(address, backlog);
    }
    HttpsServer server = HttpsServer.create(address, backlog);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.get()));
    return server;
  }
}
