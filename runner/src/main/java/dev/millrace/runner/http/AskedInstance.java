package dev.millrace.runner.http;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.peer.Peers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * An instance as a command asks it by HTTP, with the token of the settings.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits, 20 seconds at most.
 */
public final class AskedInstance {

  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * An answer.
   *
   * @param status the status code of HTTP
   * @param body the body; the fields of a problem if the status is none of success
   */
  public record Reply(int status, JsonNode body) {}

  private final URI address;
  private final Optional<String> token;
  private final HttpClient client;

  private AskedInstance(URI address, Optional<String> token, HttpClient client) {
    this.address = address;
    this.token = token;
    this.client = client;
  }

  /**
   * {@return an instance}
   *
   * @param address where it serves HTTP, as it reports it
   * @param config the settings {@code http.token} and {@code http.tls.*}
   * @throws ConfigurationException if the address is none of HTTP, or the settings are wrong
   */
  public static AskedInstance at(String address, JobConfig config) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT);
    Tls.ofAsker(config)
        .ifPresent(
            context -> {
              HttpClient.Builder ignored = builder.sslContext(context);
            });
    Optional<String> token = config.httpToken().or(config::httpWriteToken);
    return new AskedInstance(read(address), token, builder.build());
  }

  private static URI read(String address) {
    try {
      URI uri = URI.create(address);
      boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (isHttp && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return URI.create(uri.getScheme() + "://" + uri.getRawAuthority());
      }
    } catch (IllegalArgumentException e) {
      // The same answer.
    }
    throw new ConfigurationException(
        "Cannot ask an instance at '"
            + address
            + "': that is no address of HTTP. Give one such as http://127.0.0.1:7575");
  }

  /**
   * {@return what it answers for a path}
   *
   * @param path the path with its query, encoded
   * @param instance whom it is for, so that nobody else answers who has come to have its address;
   *     empty for any instance that is there
   * @throws IOException if it does not answer, or not with JSON
   * @throws InterruptedException if the thread is interrupted
   */
  public Reply get(String path, Optional<String> instance)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path)).timeout(PATIENCE);
    token.ifPresent(
        given -> {
          HttpRequest.Builder ignored = request.header("Authorization", "Bearer " + given);
        });
    instance.ifPresent(
        name -> {
          HttpRequest.Builder ignored = request.header(Peers.TO, name);
        });
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    try {
      return new Reply(response.statusCode(), Json.EXACT.readTree(response.body()));
    } catch (JacksonException e) {
      throw new IOException("the answer " + response.statusCode() + " is no JSON", e);
    }
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
