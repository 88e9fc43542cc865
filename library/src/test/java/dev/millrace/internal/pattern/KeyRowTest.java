package dev.millrace.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class KeyRowTest {

  private static Run run(int place, long id) {
    return new Run(place, id, Run.NO_PARENT, 0, 0, 0, 0, 0, 1, 0, 0, Edge.ALWAYS);
  }

  private static KeyRow withRuns(KeyRow row, int place, int count) {
    KeyRow more = row;
    for (int id = 0; id < count; id++) {
      more = more.plus(run(place, id));
    }
    return more;
  }

  @Test
  void namesTheRunsOfAPlaceUntilTheyAreMany() {
    KeyRow few = withRuns(KeyRow.NONE, 0, KeyRow.MOST);
    assertThat(few.few()).hasSize(KeyRow.MOST);
    assertThat(few.areMany(0)).isFalse();
    KeyRow many = few.plus(run(0, 100));
    assertThat(many.few()).isEmpty();
    assertThat(many.areMany(0)).isTrue();
    assertThat(many.plus(run(0, 101))).isEqualTo(many);
  }

  @Test
  void namesThoseAtOtherPlacesOnWhereOneHasMany() {
    KeyRow row = withRuns(withRuns(KeyRow.NONE, 1, 10), 0, 1_000);
    assertThat(row.areMany(0)).isTrue();
    assertThat(row.areMany(1)).isFalse();
    assertThat(row.few()).hasSize(10).allMatch(each -> each.place() == 1);
    assertThat(row.minus(run(1, 3)).few()).hasSize(9).doesNotContain(new RunId(1, 3));
  }

  @Test
  void isSmallWithFewRunsAtEachOfManyPlaces() {
    KeyRow row = withRuns(KeyRow.NONE, 7, 3);
    for (int place = 10; place < 1_010; place++) {
      row = row.plus(run(place, 1));
    }
    assertThat(row.few()).hasSizeLessThanOrEqualTo(KeyRow.MOST_IN_ALL);
    assertThat(row.areMany(7)).isTrue();
  }
}
