package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.runner.http.RawHttp.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files of the dashboard, and the way in which they are served. */
final class DashboardTest {

  private static final int MOST_BYTES = 150_000;
  private static final String SCRIPT = "/dashboard/app.js";

  private AdminServer server = AdminServer.start(new FakeJob(), System.err).orElseThrow();

  @AfterEach
  void close() {
    server.close();
  }

  private URI at() {
    return server.uri();
  }

  private static Path directory() {
    try {
      return Path.of(
          Objects.requireNonNull(Dashboard.class.getResource(Dashboard.DIRECTORY)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] read(String file) {
    try {
      return Files.readAllBytes(directory().resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(String file) {
    return new String(read(file), StandardCharsets.UTF_8);
  }

  @Test
  void everyFileIsServedButThoseAboutTheFiles() throws Exception {
    try (Stream<Path> files = Files.walk(directory())) {
      Set<String> names = new TreeSet<>();
      files
          .filter(Files::isRegularFile)
          .map(file -> directory().relativize(file).toString().replace('\\', '/'))
          .filter(name -> !name.equals("package.json"))
          .filter(name -> !name.matches("vendor/(manifest\\.json|LICENSE\\..*)"))
          .forEach(names::add);
      assertThat(Dashboard.FILES).containsExactlyInAnyOrderElementsOf(names);
    }
  }

  @Test
  void librariesAreTheOnesOfTheManifestWithTheirLicences() {
    Set<String> files = new TreeSet<>();
    int bytes = 0;
    for (JsonNode library : JsonMapper.shared().readTree(text("vendor/manifest.json"))) {
      String file = "vendor/" + library.get("file").asString();
      files.add(file);
      assertThat(Dashboard.digest(read(file))).as(file).isEqualTo(library.get("sha256").asString());
      assertThat(read(file).length).as(file).isEqualTo(library.get("bytes").asInt());
      bytes += read(file).length;
      assertThat(library.get("licences")).as(file).isNotEmpty();
      for (JsonNode licence : library.get("licences")) {
        assertThat(text("vendor/" + licence.asString())).as(file).contains("Copyright");
      }
    }
    assertThat(Dashboard.FILES.stream().filter(file -> file.startsWith("vendor/")))
        .containsExactlyInAnyOrderElementsOf(files);
    assertThat(bytes).isLessThan(MOST_BYTES);
  }

  @Test
  void aBrowserLoadsLittle() {
    int bytes = 0;
    for (String file : Dashboard.FILES) {
      Reply reply = RawHttp.ask(at(), "HEAD", Dashboard.path(file), "Accept-Encoding: gzip, br");
      assertThat(reply.headers()).as(file).containsEntry("content-encoding", "gzip");
      bytes += Integer.parseInt(Objects.requireNonNull(reply.headers().get("content-length")));
    }
    assertThat(bytes).isLessThan(MOST_BYTES);
  }

  @Test
  void filesComeAsWhatTheyAreUnderAStrictPolicy() {
    for (String file : Dashboard.FILES) {
      Reply reply = RawHttp.get(at(), Dashboard.path(file));
      assertThat(reply.status()).as(file).isEqualTo(200);
      assertThat(reply.body()).as(file).isEqualTo(text(file));
      assertThat(reply.headers())
          .as(file)
          .containsEntry("cache-control", "no-cache")
          .containsEntry("x-content-type-options", "nosniff")
          .containsEntry("x-frame-options", "DENY")
          .containsEntry("referrer-policy", "no-referrer")
          .doesNotContainKey("content-encoding");
      assertThat(reply.headers().get("content-security-policy"))
          .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
          .contains("frame-ancestors 'none'")
          .doesNotContain("unsafe", "*");
    }
    assertThat(type("/")).isEqualTo("text/html; charset=utf-8");
    assertThat(type(SCRIPT)).isEqualTo("text/javascript; charset=utf-8");
    assertThat(type("/dashboard/style.css")).isEqualTo("text/css; charset=utf-8");
    assertThat(type("/dashboard/icon.svg")).isEqualTo("image/svg+xml");
  }

  private String type(String path) {
    return String.valueOf(RawHttp.get(at(), path).headers().get("content-type"));
  }

  @Test
  void nothingThatThePolicyForbidsIsInThePage() {
    assertThat(text("index.html"))
        .doesNotContainPattern("<script(?![^>]* src=)")
        .doesNotContain("<style", " style=", "javascript:", "http:", "https:")
        .doesNotContainPattern("\\son[a-z]+=");
    for (String file : Dashboard.FILES) {
      if (file.endsWith(".js") && !file.startsWith("vendor/")) {
        assertThat(text(file)).as(file).doesNotContain("eval(", "new Function", "innerHTML");
      }
    }
  }

  /** A file that is imported and not there shows in a browser only. */
  @Test
  void everyImportLeadsToAFileThatIsServed() {
    Pattern imported = Pattern.compile("from \"(\\.[^\"]+)\"|(?:src|href)=\"(dashboard/[^\"]+)\"");
    List<String> missing = new ArrayList<>();
    for (String file : Dashboard.FILES) {
      if (file.startsWith("vendor/")) {
        continue;
      }
      Matcher matcher = imported.matcher(text(file));
      while (matcher.find()) {
        URI target =
            matcher.group(1) != null
                ? URI.create("/dashboard/" + file).resolve(matcher.group(1))
                : URI.create("/" + matcher.group(2));
        if (RawHttp.get(at(), target.toString()).status() != 200) {
          missing.add(file + ": " + target);
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void whatABrowserHasIsNotSentAgain() {
    String tag = String.valueOf(RawHttp.get(at(), SCRIPT).headers().get("etag"));
    String packed =
        String.valueOf(
            RawHttp.ask(at(), "HEAD", SCRIPT, "Accept-Encoding: gzip").headers().get("etag"));
    assertThat(packed).isNotEqualTo(tag);
    for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag)) {
      Reply reply = RawHttp.get(at(), SCRIPT, "If-None-Match: " + known);
      assertThat(reply.status()).as(known).isEqualTo(304);
      assertThat(reply.body()).isEmpty();
      assertThat(reply.headers()).containsEntry("etag", tag);
    }
    assertThat(
            RawHttp.get(at(), SCRIPT, "If-None-Match: " + packed, "Accept-Encoding: gzip").status())
        .isEqualTo(304);
    assertThat(RawHttp.get(at(), SCRIPT, "If-None-Match: \"other\"").status()).isEqualTo(200);
    assertThat(RawHttp.ask(at(), "HEAD", SCRIPT).body()).isEmpty();
  }

  @Test
  void thePageIsThereWithoutATokenSoThatItCanAskForIt() {
    server.close();
    JobConfig guarded = JobConfig.defaults().with("http.token", "0123456789abcdef-token");
    server = AdminServer.start(new FakeJob(guarded), System.err).orElseThrow();
    assertThat(RawHttp.get(at(), "/").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), SCRIPT).status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), "/dashboard/nothing.js").status()).isEqualTo(401);
    assertThat(RawHttp.get(at(), "/api/v1/jobs").status()).isEqualTo(401);
    assertThat(RawHttp.get(at(), "/", "Host: evil.example").status()).isEqualTo(403);
  }
}
