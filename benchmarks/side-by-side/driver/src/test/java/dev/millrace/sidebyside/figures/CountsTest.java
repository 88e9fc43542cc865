package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountsTest {

  private final Counts expected = new Counts();
  private final Counts actual = new Counts();

  @Test
  void sumsAreComparedWithLastValues() {
    for (int i = 0; i < 100_000; i++) {
      expected.add("key-" + i % 30_000, 1);
    }
    for (int i = 0; i < 30_000; i++) {
      actual.put("key-" + i, 1);
      actual.put("key-" + i, i < 10_000 ? 4 : 3);
    }
    assertThat(expected.size()).isEqualTo(30_000);
    assertThat(actual.total()).isEqualTo(100_000);
    assertThat(expected.compare(actual).isEqual()).isTrue();
    assertThat(expected.compare(actual)).hasToString("equal");
  }

  @Test
  void growthIsWhatIsNewOfAKey() {
    assertThat(actual.put("a", 3)).isEqualTo(3);
    assertThat(actual.put("a", 10)).isEqualTo(7);
    assertThat(actual.put("a", 9)).isEqualTo(-1);
    assertThat(actual.total()).isEqualTo(9);
  }

  @Test
  void eachKindOfDifferenceIsCounted() {
    expected.add("same", 1);
    expected.add("missing", 1);
    expected.add("missing too", 1);
    expected.add("different", 1);
    actual.put("same", 1);
    actual.put("different", 2);
    actual.put("unexpected", 1);
    assertThat(expected.compare(actual)).isEqualTo(new Counts.Comparison(4, 2, 1, 1));
    assertThat(expected.compare(actual).isEqual()).isFalse();
  }
}
