package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The address that others are told. */
final class AdvertisedTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, '', https://127.0.0.1:7575",
    "::1, '', https://[0:0:0:0:0:0:0:1]:7575",
    "10.1.2.3, pod-1.jobs, https://pod-1.jobs:7575",
    "10.1.2.3, pod-1:80, https://pod-1:80",
    "10.1.2.3, [::2], https://[::2]:7575",
    "::, fd00:10:244::17, https://[fd00:10:244::17]:7575",
    "10.1.2.3, [::2]:80, https://[::2]:80",
    "0.0.0.0, http://proxy, http://proxy"
  })
  void whatIsSetIsCompletedByWhatIsBound(String bound, String set, String advertised)
      throws Exception {
    JobConfig config = JobConfig.defaults().with("http.advertised", set);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(bound), 7575);
    assertThat(Advertised.of(config, "https", address)).hasToString(advertised);
  }

  @Test
  void allAddressesAreThoseOfTheHost() throws Exception {
    InetSocketAddress all = new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 7575);
    assertThat(Advertised.of(JobConfig.defaults(), "http", all))
        .hasToString("http://" + InetAddress.getLocalHost().getHostName() + ":7575");
  }
}
