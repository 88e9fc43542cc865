package dev.millrace.internal.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

final class StoreIdsTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void theStoresOfANewChangelogHaveTheirPlaces() {
    assertThat(StoreIds.of(List.of("c", "a", "b")).byStore())
        .isEqualTo(Map.of("a", 1, "b", 2, "c", 3));
  }

  @Test
  void aStoreThatIsAddedLeavesTheOthersTheirNumbers() {
    StoreIds ids = StoreIds.of(List.of("b", "d")).with(List.of("a", "b", "c", "d"));
    assertThat(ids.byStore()).isEqualTo(Map.of("b", 1, "d", 2, "a", 3, "c", 4));
    assertThat(ids.of("c")).hasValue(4);
    assertThat(ids.of("e")).isEmpty();
  }

  @Test
  void theNumberOfAStoreThatIsGoneIsNotGivenAgain() {
    StoreIds ids =
        new StoreIds(new TreeMap<>(Map.of("a", 1)), new TreeMap<>(Map.of(2, "b", 3, "c")));
    assertThat(ids.with(List.of("b")).byStore()).isEqualTo(Map.of("a", 1, "b", 4));
    assertThat(ids.with(List.of("b")).names()).isEqualTo(Map.of(1, "a", 2, "b", 3, "c", 4, "b"));
  }

  @Test
  void aStoreThatGoesIsRetiredAndComesBackUnderANewNumber() {
    StoreIds without = StoreIds.of(List.of("a", "b", "c")).only(List.of("a", "c"));
    assertThat(without.byStore()).isEqualTo(Map.of("a", 1, "c", 3));
    assertThat(without.retired()).isEqualTo(Map.of(2, "b"));
    StoreIds again = without.only(List.of("a", "b"));
    assertThat(again.byStore()).isEqualTo(Map.of("a", 1, "b", 4));
    assertThat(again.retired()).isEqualTo(Map.of(2, "b", 3, "c"));
  }

  @Test
  void theNumberOfCommitFramesIsNoStores() {
    StoreIds ids = StoreIds.of(IntStream.range(0, 300).mapToObj(i -> "s" + (1000 + i)).toList());
    assertThat(ids.byStore().values())
        .doesNotHaveDuplicates()
        .doesNotContain(StoreIds.COMMIT_FRAMES)
        .contains(126, 128, 301);
  }

  @Test
  void numbersAreKeptInTheManifest() {
    Manifest.Stage stage =
        new Manifest.Stage(
            2,
            Map.of("in", "id"),
            Map.of("in", Manifest.InputKind.SHUFFLE),
            "changelog",
            Map.of("a", "of a", "b", "of b"),
            new StoreIds(new TreeMap<>(Map.of("a", 7, "b", 3)), new TreeMap<>(Map.of(9, "gone"))),
            Set.of("out"),
            List.of(4L, 0L),
            Map.of("rates", "of rates"));
    Manifest.Stage read = JSON.readValue(JSON.writeValueAsBytes(stage), Manifest.Stage.class);
    assertThat(read).isEqualTo(stage);
    assertThat(read.with(3).storeIds()).isEqualTo(stage.storeIds());
  }

  @Test
  void aManifestWithoutNumbersMeansThePlacesThatStoresHadThen() {
    Manifest.Stage read =
        JSON.readValue(
            """
            {"tasks":1,"topics":{},"kinds":{},"changelog":"c","stores":{"z":"of z","b":"of b"}}
            """,
            Manifest.Stage.class);
    assertThat(read.storeIds().byStore()).isEqualTo(Map.of("b", 1, "z", 2));
  }
}
