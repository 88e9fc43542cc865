package dev.millrace.internal.plan;

import static dev.millrace.internal.plan.EveryOperator.kinds;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What plans ask of operators, each kind of which has to answer. */
final class OperatorsTest {

  @Test
  void theJobHasOperationsOfEveryKind() {
    assertThat(names(EveryOperator.logical().nodes(), LogicalNode::operation))
        .isEqualTo(kinds(Operation.class));
  }

  @Test
  void theJobIsCompiledToOperatorsOfEveryKind() {
    assertThat(names(EveryOperator.steps(), Step::operator)).isEqualTo(kinds(StageOperator.class));
  }

  @Test
  void everyOperationWithKeysIsThatOfAnOperatorWithKeys() {
    Set<String> inStages =
        simpleNames(StageOperator.Keyed.class).stream()
            .map(name -> name.startsWith("Stage") ? name.substring("Stage".length()) : name)
            .collect(Collectors.toSet());
    assertThat(simpleNames(KeyedOperation.class)).isEqualTo(inStages);
  }

  @Test
  void plansShowEveryStepInWordsOfItsOwn() {
    PhysicalPlan plan = EveryOperator.physical();
    String text = PlanPrinter.text(plan);
    String json = PlanPrinter.json(plan);
    String mermaid = PlanPrinter.mermaid(plan);
    Map<String, String> kindsByWord = new HashMap<>();
    for (Step step : EveryOperator.steps()) {
      String words = step.operator().describe();
      assertThat(words).isNotBlank();
      assertThat(text).contains("step    " + step.name() + ": " + words);
      assertThat(json).contains("\"does\" : \"" + words + "\"");
      assertThat(mermaid).contains("<br/>" + words);
      String kind = EveryOperator.kind(step.operator());
      assertThat(kindsByWord.merge(words.split("[ (]", 2)[0], kind, (before, after) -> before))
          .as("the kind that plans call '%s'", words)
          .isEqualTo(kind);
    }
  }

  @Test
  void whatMakesRowsUnreadableIsDescribed() {
    for (Step step : EveryOperator.steps()) {
      StageOperator operator = step.operator();
      if (operator instanceof StageOperator.Keyed keyed) {
        assertThat(keyed.stores()).as(step.name()).isNotEmpty();
        assertThat(keyed.describeState())
            .as("the description in the manifest, which has to change with the type of the keys")
            .contains(" by " + keyed.keyType().getTypeName());
      } else {
        assertThat(operator.stores()).as("rows of %s, which has no keys", operator).isEmpty();
      }
    }
  }

  @Test
  void descriptionsOfRowsTellKindsApart() {
    Map<String, Set<String>> kindsByWord = new HashMap<>();
    EveryOperator.steps().stream()
        .map(Step::operator)
        .filter(StageOperator::keepsState)
        .forEach(
            operator ->
                kindsByWord
                    .computeIfAbsent(
                        operator.describeState().split("[ (]", 2)[0], word -> new TreeSet<>())
                    .add(EveryOperator.kind(operator)));
    assertThat(kindsByWord).isNotEmpty().allSatisfy((word, kinds) -> assertThat(kinds).hasSize(1));
  }

  /**
   * A kind that says nothing of its rows cannot be asked for them, and nobody would notice: whoever
   * adds one decides whether it belongs here.
   */
  @Test
  void rowsCanBeAskedForUnlessTheyAreForTheOwnUseOfTheirOperator() {
    Set<String> ownUse = new TreeSet<>();
    for (Step step : EveryOperator.steps()) {
      StageOperator operator = step.operator();
      if (operator.keepsState()
          && operator.stores().stream()
              .allMatch(store -> operator.formOf(store) instanceof StateForm.OwnUse)) {
        ownUse.add(EveryOperator.kind(operator));
      }
    }
    assertThat(ownUse)
        .containsExactlyInAnyOrder(
            "ForeignKeyJoin$Left",
            "ForeignKeyJoin$Result",
            "ForeignKeyJoin$Right",
            "LookupOperator$AsOfEventTime",
            "StageCoGroup",
            "StagePatternMatch",
            "StageStreamJoin");
  }

  /** Defaults are for operators that have neither rows nor time. */
  @ParameterizedTest
  @ValueSource(strings = {"stores", "describeState", "granularity", "holdsBackMs", "boundToEnd"})
  void operatorsWithKeysAnswerWhatConcernsRowsAndTime(String question) throws Exception {
    assertThat(Modifier.isAbstract(StageOperator.Keyed.class.getMethod(question).getModifiers()))
        .isTrue();
  }

  private static <T> Set<String> names(Collection<T> all, Function<T, Object> object) {
    return all.stream()
        .map(object)
        .map(EveryOperator::kind)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> simpleNames(Class<?> sealed) {
    return kinds(sealed).stream()
        .map(name -> name.substring(name.indexOf('$') + 1))
        .collect(Collectors.toSet());
  }
}
