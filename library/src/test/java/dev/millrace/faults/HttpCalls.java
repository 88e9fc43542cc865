package dev.millrace.faults;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Asks a server over HTTP, without waiting for the answer. */
public final class HttpCalls {

  private static final ExecutorService THREADS =
      Executors.newFixedThreadPool(
          2,
          task -> {
            Thread thread = new Thread(task, "http-calls");
            thread.setDaemon(true);
            return thread;
          });
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(THREADS).build();

  private HttpCalls() {}

  /** {@return the body of the answer; a status other than 200 is a failure} */
  public static CompletionStage<String> get(String url) {
    return CLIENT
        .sendAsync(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
        .thenApply(
            answer -> {
              if (answer.statusCode() != 200) {
                throw new IllegalStateException("status " + answer.statusCode());
              }
              return answer.body();
            });
  }
}
