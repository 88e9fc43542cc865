package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.cli.CommandLine.Result;
import dev.millrace.runner.host.JobRun;
import dev.millrace.runner.http.AdminServer;
import dev.millrace.runner.http.AskedInstance;
import dev.millrace.runner.jobs.LetterCounting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Questions to the state of a job that two instances run, by HTTP and by commands. */
@WithBroker
final class StateOnABrokerTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  /** Each letter comes as often as its place in the alphabet says. */
  private static final List<String> LETTERS =
      IntStream.rangeClosed('a', 'p').mapToObj(c -> String.valueOf((char) c)).toList();

  @TempDir Path directory;

  private TestBroker broker;
  private LetterCounting counting;
  private String in;
  private String name;
  private Job job;
  private String store;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    counting = LetterCounting.on(broker);
    in = counting.in();
    name = counting.name();
    job = counting.job();
  }

  private JobConfig config(String copy) {
    return counting.config(directory.resolve(copy));
  }

  @Test
  void anyInstanceAnswersForAll() throws Exception {
    JobRun one = JobRun.of(job, config("one"));
    JobRun two = JobRun.of(job, config("two"));
    try (AdminServer first = AdminServer.start(one, System.err).orElseThrow();
        AdminServer second = AdminServer.start(two, System.err).orElseThrow();
        one;
        two) {
      var ignored =
          List.of(
              one.start(Optional.of(first.advertised())),
              two.start(Optional.of(second.advertised())));
      for (int i = 0; i < LETTERS.size(); i++) {
        String letter = LETTERS.get(i);
        broker.produce(
            in,
            IntStream.rangeClosed(0, i)
                .mapToObj(n -> TestBroker.text(in, n % 2, n, letter + n))
                .toList());
      }
      AskedInstance asked = at(first);
      Awaitility.await().atMost(LONG).until(() -> get(asked, "").status() == 200);
      store = get(asked, "").body().at("/stores/0/name").asString();
      Awaitility.await().atMost(LONG).until(() -> isShared(asked) && isWhole(asked));
      for (AdminServer server : List.of(first, second)) {
        AskedInstance each = at(server);
        Awaitility.await().atMost(LONG).until(() -> isWhole(each));
        assertThatEveryKeyIsFound(each);
        for (int limit : new int[] {1, 3, 16, 100}) {
          assertThatPagesAreWhole(each, limit);
        }
        assertThat(get(each, "/" + store + "?key=zz").body().get("rows")).isEmpty();
        assertThat(get(each, "/" + store + "?prefix=c").body().get("rows")).hasSize(1);
      }
      assertThatCommandsAsk(first.advertised().toString());
    }
  }

  private AskedInstance at(AdminServer server) {
    return AskedInstance.at(server.advertised().toString(), JobConfig.defaults());
  }

  private AskedInstance.Reply get(AskedInstance asked, String path) throws Exception {
    return asked.get("/api/v1/jobs/" + name + "/state" + path, Optional.empty());
  }

  /** {@return whether both instances have tasks of the store} */
  private boolean isShared(AskedInstance asked) throws Exception {
    JsonNode answer = get(asked, "/" + store).body();
    Set<String> instances = new HashSet<>();
    answer.path("positions").forEach(each -> instances.add(each.get("instance").asString()));
    return instances.size() == 2;
  }

  private boolean isWhole(AskedInstance asked) throws Exception {
    AskedInstance.Reply reply = get(asked, "/" + store + "?maxAge=0s");
    long sum = 0;
    for (JsonNode row : reply.body().path("rows")) {
      sum += row.get("value").asLong();
    }
    return reply.status() == 200 && sum == LETTERS.size() * (LETTERS.size() + 1L) / 2;
  }

  private void assertThatEveryKeyIsFound(AskedInstance asked) throws Exception {
    Set<String> owners = new HashSet<>();
    for (int i = 0; i < LETTERS.size(); i++) {
      AskedInstance.Reply reply = get(asked, "/" + store + "?key=" + LETTERS.get(i));
      assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
      assertThat(reply.body().at("/rows/0/value").asLong()).isEqualTo(i + 1);
      owners.add(reply.body().at("/positions/0/instance").asString());
    }
    assertThat(owners).as("each has some of the keys").hasSize(2);
  }

  private void assertThatPagesAreWhole(AskedInstance asked, int limit) throws Exception {
    TreeMap<String, Long> rows = new TreeMap<>();
    List<String> keys = new ArrayList<>();
    String next = "";
    do {
      String cursor = next.isEmpty() ? "" : "&cursor=" + next;
      AskedInstance.Reply reply = get(asked, "/" + store + "?limit=" + limit + cursor);
      assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
      for (JsonNode row : reply.body().get("rows")) {
        keys.add(row.get("key").asString());
        rows.put(row.get("key").asString(), row.get("value").asLong());
      }
      next = reply.body().get("next").asString("");
    } while (!next.isEmpty());
    assertThat(keys).as("pages of " + limit).hasSize(LETTERS.size());
    assertThat(rows.keySet()).containsExactlyElementsOf(LETTERS);
    assertThat(rows).containsEntry("a", 1L).containsEntry("p", 16L);
  }

  private void assertThatCommandsAsk(String http) {
    Result list = onBroker("list", name);
    assertThat(list.code()).as(list.err()).isZero();
    assertThat(list.out()).contains(store, "KEYS", "String");
    Result get = onBroker("get", name, store, "c");
    assertThat(get.code()).as(get.err()).isZero();
    assertThat(get.outLines().get(1)).matches("c +3");
    assertThat(get.err()).contains("As of 20");
    Result absent = CommandLine.run("state", "get", name, store, "zz", "--http", http);
    assertThat(absent.code()).isEqualTo(1);
    assertThat(absent.out()).isEmpty();
    Result scan = CommandLine.run("state", "scan", name, store, "--http", http, "--limit", "5");
    assertThat(scan.outLines()).hasSize(6);
    assertThat(scan.err()).contains("There are more");
    Result json = onBroker("scan", name, store, "-o", "json");
    assertThat(json.out()).contains("\"asOf\"", "\"positions\"", "\"next\" : null");
    assertThat(CommandLine.run("state", "get", name, "none", "a", "--http", http).code())
        .isEqualTo(2);
    assertThat(CommandLine.run("state", "list", "another", "--http", http).code()).isEqualTo(2);
  }

  private Result onBroker(String... words) {
    List<String> all = new ArrayList<>(List.of("state"));
    all.addAll(List.of(words));
    all.addAll(List.of("-b", broker.bootstrapServers()));
    return CommandLine.run(all.toArray(new String[0]));
  }
}
