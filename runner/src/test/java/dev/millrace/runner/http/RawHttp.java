package dev.millrace.runner.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends what it is told, be it well-formed or not. */
final class RawHttp {

  private static final int TIMEOUT_MS = 60_000;

  /** An answer; names of headers are in lower case. */
  record Reply(int status, Map<String, String> headers, String body) {}

  private RawHttp() {}

  /** {@return the answer to a request of that method and path, with these header lines} */
  static Reply ask(URI server, String method, String path, String... lines) {
    return send(server, head(server, method, path, lines), new byte[0]);
  }

  static Reply get(URI server, String path, String... lines) {
    return ask(server, "GET", path, lines);
  }

  static String head(URI server, String method, String path, String... lines) {
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    boolean hasHost = false;
    for (String line : lines) {
      hasHost |= line.startsWith("Host:");
      head.append(line).append("\r\n");
    }
    if (!hasHost) {
      head.append("Host: ").append(server.getAuthority()).append("\r\n");
    }
    return head.append("Connection: close\r\n\r\n").toString();
  }

  /** {@return the answer to these bytes} */
  static Reply send(URI server, String head, byte[] body) {
    try (Socket socket = connect(server)) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.ISO_8859_1));
      out.write(body);
      out.flush();
      return read(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Socket connect(URI server) throws IOException {
    Socket socket = new Socket(server.getHost(), server.getPort());
    socket.setSoTimeout(TIMEOUT_MS);
    return socket;
  }

  private static Reply read(InputStream in) throws IOException {
    String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new IOException("No answer, but: " + text);
    }
    String[] lines = text.substring(0, end).split("\r\n");
    Map<String, String> headers = new TreeMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.put(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).strip());
    }
    return new Reply(Integer.parseInt(lines[0].split(" ")[1]), headers, text.substring(end + 4));
  }
}
