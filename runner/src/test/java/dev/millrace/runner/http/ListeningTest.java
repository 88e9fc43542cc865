package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the server listens, and where it refuses to. */
final class ListeningTest {

  private static JobConfig at(String address) {
    return JobConfig.defaults().with("http.address", address);
  }

  @Test
  void nobodysChoiceIsADefaultPortOfTheLoopbackInterface() {
    Listening listening = Listening.of(JobConfig.defaults()).orElseThrow();
    assertThat(listening.address().getAddress().isLoopbackAddress()).isTrue();
    assertThat(listening.address().getPort()).isEqualTo(7575);
    assertThat(listening.choice()).isEqualTo(Listening.Choice.NOBODYS);
  }

  @Test
  void offIsNowhere() {
    assertThat(Listening.of(at("off"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:80", "localhost:80", "[::1]:80", "127.1.2.3:80"})
  void aLoopbackAddressNeedsNoToken(String address) {
    Listening listening = Listening.of(at(address)).orElseThrow();
    assertThat(listening.address().getAddress().isLoopbackAddress()).isTrue();
    assertThat(listening.choice()).isEqualTo(Listening.Choice.OURS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:7575", "[::]:7575", "10.1.2.3:7575"})
  void anAddressThatOthersReachNeedsAToken(String address) {
    assertThatThrownBy(() -> Listening.of(at(address)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot serve HTTP: other machines reach this address")
        .hasMessageContaining("http.address=" + address)
        .hasMessageContaining("MILLRACE_HTTP_TOKEN");
    assertThat(Listening.of(at(address).with("http.token", "0123456789abcdef"))).isPresent();
  }

  @Test
  void aHostThatIsNotKnownIsRefused() {
    assertThatThrownBy(() -> Listening.of(at("nowhere.invalid:7575")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("nowhere.invalid:7575");
  }

  @Test
  void aChosenPortThatIsTakenIsRefusedAndAnyOtherIsPassedOver() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      FakeJob job = new FakeJob(JobConfig.defaults(), "127.0.0.1:" + taken.getLocalPort());
      assertThatThrownBy(() -> AdminServer.start(job, System.err))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("--http off");
    }
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(err, true, StandardCharsets.UTF_8);
    FakeJob job = new FakeJob(JobConfig.defaults(), "auto");
    try (AdminServer first = AdminServer.start(job, out).orElseThrow();
        AdminServer second = AdminServer.start(job, out).orElseThrow()) {
      assertThat(first.uri().getPort()).isGreaterThanOrEqualTo(7575);
      assertThat(second.uri().getPort()).isNotEqualTo(first.uri().getPort());
    }
    assertThat(err.size()).isZero();
  }
}
