package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.meta.StoreIds;
import dev.millrace.internal.plan.EveryOperator;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import java.util.List;
import java.util.Map;
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
    Map<String, ValueCodec<Object>> places = codecs.places(plan);
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
}
