package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.StoredForm;
import dev.millrace.internal.meta.StoreIds;
import dev.millrace.internal.plan.EveryOperator;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Codecs for all rows of operators of every kind. */
final class StageCodecsTest {

  private final StageCodecs codecs = new StageCodecs(new InMemorySchemaBook(), SerdeTypes.NONE);
  private final PhysicalPlan plan = EveryOperator.physical();

  @Test
  void everyStoreHasCodecs() {
    for (StagePlan stage : plan.stages()) {
      assertThat(codecs.stores(stage, StoreIds.of(stage.stores())))
          .containsOnlyKeys(stage.stores());
    }
  }

  @Test
  void everyStoreIsLookedAtBeforeTheStart() {
    Map<String, StoredForm> places = codecs.places(plan);
    List<String> stores =
        plan.stages().stream()
            .flatMap(
                stage ->
                    stage.stores().stream()
                        .map(store -> "store " + store + " of stage " + stage.name()))
            .toList();
    assertThat(stores).isNotEmpty();
    assertThat(places).containsKeys(stores.toArray(new String[0]));
  }

  @Test
  void allKeysAreLookedAtBeforeTheStart() {
    List<String> keys = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      for (Step step : stage.steps()) {
        String where = " of step " + step.name() + " of stage " + stage.name();
        if (step.operator() instanceof StageOperator.Keyed) {
          keys.add("keys" + where);
        }
        step.operator().innerKeys().keySet().forEach(place -> keys.add("keys of " + place + where));
      }
    }
    assertThat(keys).isNotEmpty();
    assertThat(codecs.places(plan)).containsKeys(keys.toArray(new String[0]));
    assertThat(codecs.places(plan).keySet())
        .anyMatch(place -> place.startsWith("keys of shuffle from "));
  }

  @Test
  void twoShufflesBetweenTheSameStagesAreTwoPlaces() {
    StagePlan from = plan.stages().get(0);
    ShuffleEdge one = edge("one", from.name());
    ShuffleEdge two = edge("two", from.name());
    StagePlan both =
        new StagePlan(
            from.name(), from.inputs(), List.of(), List.of(one, two), false, OptionalInt.empty());
    assertThat(codecs.places(new PhysicalPlan("job", List.of(both), List.of())))
        .containsOnlyKeys(
            "shuffle from " + from.name() + " to joined by one",
            "shuffle from " + from.name() + " to joined by two");
  }

  private static ShuffleEdge edge(String topic, String from) {
    return new ShuffleEdge(
        topic,
        from,
        "joined",
        Optional.empty(),
        Void.class,
        String.class,
        TimeDomain.EVENT,
        Optional.empty(),
        ShuffleEdge.Granularity.NONE,
        ErrorPolicy.fail());
  }
}
