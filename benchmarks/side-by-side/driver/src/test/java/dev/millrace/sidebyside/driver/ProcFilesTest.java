package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcFilesTest {

  @Test
  void cpuTimeIsThatOfUserAndKernel() {
    assertThat(
            ProcFiles.cpuMs(
                "71 (a (b) c) S 1 71 71 0 -1 4194304 100 200 3 4 150 25 7 8 20 0 12 0 999 1 2"))
        .isEqualTo(1750);
  }

  @Test
  void peakMemoryIsInKilobytes() {
    assertThat(ProcFiles.peakMemoryBytes("Name:\tjava\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n"))
        .isEqualTo(2L << 20);
  }

  @Test
  void machineIsBusyWhenNeitherIdleNorWaiting() {
    assertThat(
            ProcFiles.machineBusyMs(
                "cpu  100 10 50 9000 500 5 6 7 30 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"))
        .isEqualTo(1780);
  }
}
