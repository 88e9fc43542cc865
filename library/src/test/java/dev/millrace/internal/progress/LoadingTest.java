package dev.millrace.internal.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.time.ChannelStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When a task reports that what stood in the topics of its tables has come through it. */
final class LoadingTest {

  private static ChannelStatus status(Loading loading) {
    return loading.status(ChannelStatus.IDLE);
  }

  @Test
  void rowsAreThroughWhenTheOperatorsHaveFiredAfterTheLastOne() {
    Loading loading = Loading.through(1);
    loading.fired();
    assertThat(loading.committed()).isFalse();
    assertThat(status(loading)).isEqualTo(ChannelStatus.LOADING);
    loading.arrived();
    assertThat(status(loading)).as("a firing is under way").isEqualTo(ChannelStatus.LOADING);
    loading.fired();
    assertThat(status(loading)).isEqualTo(ChannelStatus.IDLE);
    assertThat(loading.isOver()).isTrue();
    assertThat(loading.committed()).isFalse();
  }

  @Test
  void eachLevelTakesACommitMore() {
    Loading loading = Loading.through(3);
    loading.arrived();
    assertThat(loading.committed()).as("nothing has fired").isFalse();
    loading.fired();
    assertThat(loading.committed()).isTrue();
    assertThat(loading.committed()).as("a firing took all of the transaction").isFalse();
    loading.fired();
    assertThat(loading.isOver()).isFalse();
    assertThat(loading.committed()).isTrue();
    assertThat(loading.isOver()).isTrue();
    assertThat(loading.committed()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOADING")
  void whoeverHasReportedItOnceIsThroughForGood(ChannelStatus last) {
    Loading loading = Loading.through(2);
    loading.restore(ChannelStatus.LOADING);
    assertThat(loading.isOver()).isFalse();
    loading.restore(last);
    assertThat(loading.isOver()).isTrue();
  }

  @Test
  void theEndOfAllInputIsReportedInAnyCase() {
    assertThat(Loading.through(1).status(ChannelStatus.FINISHED)).isEqualTo(ChannelStatus.FINISHED);
    assertThat(status(Loading.none())).isEqualTo(ChannelStatus.IDLE);
  }
}
