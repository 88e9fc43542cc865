package dev.millrace.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class KeyRowTest {

  private static Run run(int place, long id) {
    return new Run(place, id, Run.NO_PARENT, 0, 0, 0, 0, 0, 1, 0, 0, Edge.ALWAYS);
  }

  private static KeyRow<Object> withNames(KeyRow<Object> row, int place, int count) {
    KeyRow<Object> more = row;
    for (int id = 0; id < count; id++) {
      more = more.naming(run(place, id), KeyRow.MOST);
    }
    return more;
  }

  @Test
  void namesTheRunsOfAPlaceUntilTheyAreMany() {
    KeyRow<Object> few = withNames(KeyRow.none(), 0, KeyRow.MOST);
    assertThat(few.few()).hasSize(KeyRow.MOST);
    assertThat(few.areMany(0)).isFalse();
    KeyRow<Object> many = few.naming(run(0, 100), KeyRow.MOST);
    assertThat(many.few()).isEmpty();
    assertThat(many.areMany(0)).isTrue();
    assertThat(many.naming(run(0, 101), KeyRow.MOST)).isEqualTo(many);
  }

  @Test
  void namesThoseAtOtherPlacesOnWhereOneHasMany() {
    KeyRow<Object> row = withNames(withNames(KeyRow.none(), 1, 10), 0, 1_000);
    assertThat(row.areMany(0)).isTrue();
    assertThat(row.areMany(1)).isFalse();
    assertThat(row.few()).hasSize(10).allMatch(each -> each.place() == 1);
    assertThat(row.forgetting(run(1, 3)).few()).hasSize(9).doesNotContain(new RunId(1, 3));
  }

  @Test
  void isSmallWithFewRunsAtEachOfManyPlaces() {
    KeyRow<Object> row = withNames(KeyRow.none(), 7, 3);
    for (int place = 10; place < 1_010; place++) {
      row = row.naming(run(place, 1), KeyRow.MOST);
    }
    assertThat(row.few()).hasSizeLessThanOrEqualTo(KeyRow.MOST_IN_ALL);
    assertThat(row.areMany(7)).isTrue();
  }

  @Test
  void hasRunsAndEventsInsideUntilTheyAreTakenApart() {
    KeyRow<Object> row =
        KeyRow.none()
            .with(run(0, 1))
            .with(5, new TakenEvent<>(1, 0, "a"))
            .with(run(1, 2))
            .with(6, new TakenEvent<>(1, 0, "b"))
            .with(6, new TakenEvent<>(2, 0, "b"));
    assertThat(row.isWhole()).isTrue();
    assertThat(row.runs(1, 0)).containsExactly(run(1, 2));
    assertThat(row.run(0, 2)).isNull();
    assertThat(row.event(6)).isEqualTo(new TakenEvent<>(2, 0, "b"));
    assertThat(row.without(6).event(6)).isNull();
    assertThat(row.without(run(0, 1)).runs()).containsExactly(run(1, 2));
    KeyRow<Object> apart = row.apart(KeyRow.MOST);
    assertThat(apart.isWhole()).isFalse();
    assertThat(apart.few()).containsExactly(new RunId(0, 1), new RunId(1, 2));
    assertThat(apart.runs()).isEmpty();
    assertThat(apart.events()).isEmpty();
  }
}
