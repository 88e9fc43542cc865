package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressTest {

  private final Progress progress = new Progress(10_000);

  @Test
  void slowStartDoesNotCount() {
    progress.add(0, 20_000, 100);
    progress.add(0, 50_000, 400);
    progress.add(0, 51_000, 300);
    progress.add(0, 52_000, 200);
    Progress.Stretch half = progress.since(0.5).orElseThrow();
    assertThat(half).isEqualTo(new Progress.Stretch(50_000, 52_000, 500));
    assertThat(half.rate()).isEqualTo(250);
  }

  @Test
  void orderOfAddingDoesNotMatter() {
    progress.add(0, 52_000, 500);
    progress.add(0, 50_000, 500);
    assertThat(progress.since(0.5)).contains(new Progress.Stretch(50_000, 52_000, 500));
    assertThat(progress.total()).isEqualTo(1000);
  }

  @Test
  void whatAddsNothingDoesNotMakeItLonger() {
    progress.add(0, 11_000, 500);
    progress.add(0, 12_000, 500);
    progress.add(0, 99_000, 0);
    assertThat(progress.since(0.5)).contains(new Progress.Stretch(11_000, 12_000, 500));
  }

  @Test
  void wholeRunIsFromItsOriginToTheLastResult() {
    progress.add(0, 11_000, 500);
    progress.add(0, 12_000, 300);
    progress.add(0, 99_000, 0);
    assertThat(progress.whole()).contains(new Progress.Stretch(10_000, 12_000, 800));
    assertThat(new Progress(0).whole()).isEmpty();
  }

  @Test
  void stretchCanStandForMoreRecords() {
    assertThat(new Progress.Stretch(0, 1000, 10).times(2.5).rate()).isEqualTo(25);
  }

  @Test
  void oneMomentHasNoRate() {
    progress.add(0, 11_000, 500);
    assertThat(progress.since(0.5)).isEmpty();
    assertThat(new Progress(0).since(0.5)).isEmpty();
  }

  @Test
  void shareIsWhereItStarts() {
    for (int i = 1; i <= 10; i++) {
      progress.add(0, 10_000 + i * 1000, 100);
    }
    assertThat(progress.since(0.1)).contains(new Progress.Stretch(11_000, 20_000, 900));
    assertThat(progress.since(0.8)).contains(new Progress.Stretch(18_000, 20_000, 200));
  }

  @Test
  void burstStandsForTheTimeBeforeIt() {
    // 100 a second, each second's in ten parts at its end; half of all is in the midst of the
    // third.
    for (int second = 1; second <= 5; second++) {
      for (int part = 0; part < 10; part++) {
        progress.add(0, 10_000 + second * 1000 + part * 10, 10);
      }
    }
    assertThat(progress.since(0.5)).contains(new Progress.Stretch(13_040, 15_090, 205));
  }

  @Test
  void tasksThatCommitInTurnsCountEachFromItsOwnLastCommit() {
    // 100 a second each; what is committed at 14.5 s has been made since 12.5 s.
    for (long atMs = 11_000; atMs <= 19_000; atMs += 2000) {
      progress.add(0, atMs, 200);
    }
    for (long atMs = 12_500; atMs <= 18_500; atMs += 2000) {
      progress.add(1, atMs, 200);
    }
    progress.add(1, 19_000, 50);
    Progress.Stretch half = progress.since(0.5).orElseThrow();
    assertThat(half.fromMs()).isEqualTo(15_000);
    assertThat(half.rate()).isEqualTo(200);
  }

  @Test
  void resultsThatComeAllTheTimeAreNoBurst() {
    for (int i = 1; i <= 6000; i++) {
      progress.add(0, 10_000 + i, 1);
    }
    progress.add(0, 16_100, 100);
    Progress.Stretch half = progress.since(0.5).orElseThrow();
    assertThat(half).isEqualTo(new Progress.Stretch(13_050, 16_100, 3050));
  }
}
