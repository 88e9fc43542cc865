package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressTest {

  private final Progress progress = new Progress(10_000);

  @Test
  void slowStartDoesNotCount() {
    progress.add(20_000, 100);
    progress.add(50_000, 400);
    progress.add(51_000, 300);
    progress.add(52_000, 200);
    Progress.Stretch half = progress.secondHalf().orElseThrow();
    assertThat(half).isEqualTo(new Progress.Stretch(50_000, 52_000, 500));
    assertThat(half.rate()).isEqualTo(250);
  }

  @Test
  void orderOfAddingDoesNotMatter() {
    progress.add(52_000, 500);
    progress.add(50_000, 500);
    assertThat(progress.secondHalf()).contains(new Progress.Stretch(50_000, 52_000, 500));
    assertThat(progress.total()).isEqualTo(1000);
  }

  @Test
  void whatAddsNothingDoesNotMakeItLonger() {
    progress.add(11_000, 500);
    progress.add(12_000, 500);
    progress.add(99_000, 0);
    assertThat(progress.secondHalf()).contains(new Progress.Stretch(11_000, 12_000, 500));
  }

  @Test
  void wholeRunIsFromItsOriginToTheLastResult() {
    progress.add(11_000, 500);
    progress.add(12_000, 300);
    progress.add(99_000, 0);
    assertThat(progress.whole()).contains(new Progress.Stretch(10_000, 12_000, 800));
    assertThat(new Progress(0).whole()).isEmpty();
  }

  @Test
  void stretchCanStandForMoreRecords() {
    assertThat(new Progress.Stretch(0, 1000, 10).times(2.5).rate()).isEqualTo(25);
  }

  @Test
  void oneMomentHasNoRate() {
    progress.add(11_000, 500);
    assertThat(progress.secondHalf()).isEmpty();
    assertThat(new Progress(0).secondHalf()).isEmpty();
  }
}
