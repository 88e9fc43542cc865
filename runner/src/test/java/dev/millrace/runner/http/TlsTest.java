package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server with a certificate of its own. */
final class TlsTest {

  private static final String PASSWORD = "changeit";

  @TempDir static Path directory;

  private static Path keystore;
  private static Path certificate;
  private static Path key;

  @BeforeAll
  static void makeKeys() throws Exception {
    keystore = newKeystore("server");
    KeyStore keys = KeyStore.getInstance(keystore.toFile(), PASSWORD.toCharArray());
    Certificate own = keys.getCertificate("server");
    certificate = write("server.pem", "CERTIFICATE", own.getEncoded());
    key =
        write(
            "server.key",
            "PRIVATE KEY",
            keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
  }

  private static Path newKeystore(String name) throws Exception {
    Path file = directory.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1,dns:localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor()).isZero();
    return file;
  }

  private static Path write(String name, String kind, byte[] bytes) throws IOException {
    String text =
        "-----BEGIN "
            + kind
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
            + "\n-----END "
            + kind
            + "-----\n";
    return Files.writeString(directory.resolve(name), text);
  }

  private static JobConfig withFiles() {
    return JobConfig.defaults()
        .with("http.tls.certificate", certificate.toString())
        .with("http.tls.key", key.toString());
  }

  private static JobConfig withKeystore() {
    return JobConfig.defaults()
        .with("http.tls.keystore", keystore.toString())
        .with("http.tls.keystore.password", PASSWORD);
  }

  private static HttpResponse<String> get(AdminServer server, String path) throws Exception {
    return get(server.uri(), path);
  }

  private static HttpResponse<String> get(URI server, String path) throws Exception {
    HttpClient client =
        HttpClient.newBuilder().sslContext(Tls.of(withFiles()).orElseThrow()).build();
    URI uri = server.resolve(path);
    assertThat(uri.getScheme()).isEqualTo("https");
    return client.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(1)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aCertificateIsOneOfFilesOrOfAKeystore() throws Exception {
    for (JobConfig config : List.of(withFiles(), withKeystore())) {
      try (AdminServer server = AdminServer.start(new FakeJob(config), System.err).orElseThrow()) {
        assertThat(get(server, "/livez").statusCode()).isEqualTo(200);
        HttpResponse<String> settings = get(server, "/api/v1/jobs/letters/config");
        assertThat(settings.body()).contains("http.tls.keystore").doesNotContain(PASSWORD);
      }
    }
  }

  @Test
  void whoStandsInForADeadInstanceSpeaksTlsToo() throws Exception {
    StandInServer.Absence absence = new StandInServer.Absence("Not healthy: dead", Instant.now());
    try (StandInServer server =
        StandInServer.start(Listening.loopback(0), withFiles(), () -> absence).orElseThrow()) {
      URI uri = URI.create("https://127.0.0.1:" + server.port());
      assertThat(get(uri, "/livez").statusCode()).isEqualTo(200);
      assertThat(get(uri, "/health").body()).contains("dead");
    }
  }

  @Test
  void instancesThatHaveTheSameCertificateAskEachOther() throws Exception {
    FakeJob first = new FakeJob(withFiles());
    FakeJob second = new FakeJob(withKeystore());
    second.instance = "c3";
    try (AdminServer server = AdminServer.start(first, System.err).orElseThrow();
        AdminServer other = AdminServer.start(second, System.err).orElseThrow()) {
      assertThat(other.advertised().getScheme()).isEqualTo("https");
      first.others = List.of(FakeJob.another("c3", "host", other.advertised().toString()));
      assertThat(get(server, "/status?instance=c3").body()).contains("\"c3\"");
      first.others =
          List.of(
              FakeJob.another(
                  "c3", "host", other.advertised().toString().replace("https", "http")));
      assertThat(get(server, "/status?instance=c3").statusCode()).isEqualTo(502);
    }
  }

  @Test
  void handshakesThatStallKeepNobodyWaiting() throws Exception {
    List<Socket> stalled = new ArrayList<>();
    try (AdminServer server =
        AdminServer.start(new FakeJob(withFiles()), System.err).orElseThrow()) {
      for (int i = 0; i < 200; i++) {
        Socket socket = RawHttp.connect(server.uri());
        // The head of a record of a handshake, most of which never comes.
        socket.getOutputStream().write(new byte[] {0x16, 0x03, 0x01, 0x02, 0x00, 0x01});
        stalled.add(socket);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(get(server, "/status").statusCode()).isEqualTo(200);
      }
    } finally {
      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }

  @Test
  void whoSpeaksNoTlsDoesNoHarm() throws Exception {
    try (AdminServer server =
        AdminServer.start(new FakeJob(withFiles()), System.err).orElseThrow()) {
      try (Socket socket = RawHttp.connect(server.uri())) {
        socket
            .getOutputStream()
            .write("GET /livez HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        socket.shutdownOutput();
        byte[] ignored = socket.getInputStream().readAllBytes();
      } catch (IOException reset) {
        // So may the connection end, too.
      }
      assertThat(get(server, "/livez").statusCode()).isEqualTo(200);
    }
  }

  private static void assertRefused(JobConfig config, String... words) {
    assertThatThrownBy(() -> AdminServer.start(new FakeJob(config), System.err))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot serve HTTPS")
        .hasMessageContainingAll(words)
        .hasMessageNotContaining(PASSWORD);
  }

  @Test
  void whatIsNoKeyIsRefusedAtTheStart() throws Exception {
    assertRefused(withFiles().with("http.tls.key", ""), "http.tls.key");
    assertRefused(withFiles().with("http.tls.keystore", keystore.toString()), "two certificates");
    assertRefused(
        withFiles().with("http.tls.key", certificate.toString()), "PKCS #8", "openssl pkcs8");
    assertRefused(withFiles().with("http.tls.certificate", key.toString()), "certificate");
    assertRefused(withFiles().with("http.tls.key", directory + "/none"), "none");
    assertRefused(
        withKeystore().with("http.tls.keystore.password", "wrong-one"),
        "cannot be opened",
        "http.tls.keystore=");
    KeyStore other = KeyStore.getInstance(newKeystore("other").toFile(), PASSWORD.toCharArray());
    Path otherKey =
        write(
            "other.key", "PRIVATE KEY", other.getKey("other", PASSWORD.toCharArray()).getEncoded());
    assertRefused(
        withFiles().with("http.tls.key", otherKey.toString()), "is not that of the certificate");
  }

  @Test
  void tlsIsEnoughForOtherMachines() {
    assertThat(Listening.of(withFiles().with("http.address", "0.0.0.0:0"))).isPresent();
  }
}
