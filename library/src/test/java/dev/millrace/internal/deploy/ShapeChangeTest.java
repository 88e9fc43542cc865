package dev.millrace.internal.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.Manifest.InputKind;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules by which a program may differ from what is deployed.
 *
 * <p>A job is written as {@code stage:tasks:topics:changelog:stores}, one stage after another; with
 * {@code topic=id} and {@code store=description}, which is {@code sink} for a sink to files. A
 * changelog that a program needs and that does not exist is {@code none}.
 */
final class ShapeChangeTest {

  private static final String SOURCE = "in:2:words=1::";

  private static Map<String, Manifest.Stage> stages(String job) {
    Map<String, Manifest.Stage> stages = new TreeMap<>();
    for (String stage : job.split(" +")) {
      String[] parts = stage.split(":", -1);
      Map<String, String> topics = pairs(parts[2]);
      Map<String, InputKind> kinds = new TreeMap<>();
      topics.keySet().forEach(topic -> kinds.put(topic, InputKind.SHUFFLE));
      Map<String, String> stores = pairs(parts[4].replace('_', ' '));
      Set<String> sinks = new TreeSet<>(stores.keySet());
      sinks.removeIf(store -> !"sink".equals(stores.get(store)));
      stores.keySet().removeAll(sinks);
      stages.put(
          parts[0],
          new Manifest.Stage(
              Integer.parseInt(parts[1]),
              topics,
              kinds,
              parts[3].equals("none") ? "" : parts[3],
              stores,
              sinks));
    }
    return stages;
  }

  private static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new TreeMap<>();
    for (String pair : text.isEmpty() ? new String[0] : text.split(",")) {
      int equals = pair.indexOf('=');
      pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return pairs;
  }

  private static ShapeChange change(String deployed, String program) {
    Set<String> keepers = new HashSet<>();
    for (String stage : program.split(" +")) {
      String[] parts = stage.split(":", -1);
      if (!parts[3].isEmpty()) {
        keepers.add(parts[0]);
      }
    }
    return ShapeChange.between(stages(deployed), stages(program), keepers);
  }

  private static void check(String deployed, String program, String... drops) {
    change(deployed, program).check("job", new TreeSet<>(Arrays.asList(drops)), stages(program));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        SOURCE,
        SOURCE + " sums:4:s=2:c:sums=aggregate_by_S",
        SOURCE + " f:4:s=2:c:f.@timers=as_it_arrives_by_S,f.a=state_value_a_by_S",
      })
  void aJobFitsItself(String job) {
    assertThat(change(job, job).isAny()).isFalse();
    check(job, job);
  }

  /** Each line: deployed, program, what is found to be new. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // a stage, with and without state; a source; several
        "in:2:words=1:: | in:2:words=1:: sums:4:s=:none:sums=aggregate_by_S | new stages [sums]",
        "in:2:words=1:: | in:2:words=1:: spread:4:s=:: | new stages [spread]",
        "in:2:words=1:: | in:2:words=1:: b:3:more=7:: a:1:x=:: | new stages [a, b]",
        // a step with state in a stage that has some already
        "t:4:s=1:c:a=aggregate_by_S | t:4:s=1:c:a=aggregate_by_S,b=5_s_by_S,b.progress=5_s_by_S"
            + " | new state [t/b, t/b.progress]",
        // a state of a function
        "t:4:s=1:c:f.@timers=as_it_arrives_by_S,f.a=state_value_a_by_S"
            + " | t:4:s=1:c:f.@timers=as_it_arrives_by_S,f.a=state_value_a_by_S,f.b=state_value_b_by_S"
            + " | new state [t/f.b]",
        // a sink that keeps what it has written, and the first state of a stage
        "in:2:words=1:: | in:2:words=1:none:out=sink | new state [in/out], new changelogs of [in]",
        "t:4:s=1:: | t:4:s=1:none:a=aggregate_by_S | new state [t/a], new changelogs of [t]",
      })
  void whatIsNewIsAdded(String deployed, String program, String found) {
    check(deployed, program);
    assertThat(change(deployed, program).isAny()).isTrue();
    assertThat(change(deployed, program).summary()).isEqualTo(found);
  }

  /** Each line: deployed, program, what has to be named. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "in:2:words=1:: sums:4:s=2:c:sums=aggregate_by_S | in:2:words=1:: | sums",
        "t:4:s=1:c:a=aggregate_by_S,b=5_s_by_S,b.progress=5_s_by_S | t:4:s=1:c:a=aggregate_by_S"
            + " | t/b",
        "t:4:s=1:c:f.@timers=as_it_arrives_by_S,f.l=state_list_l_by_S,f.l@length=state_list_l_by_S"
            + " | t:4:s=1:c:f.@timers=as_it_arrives_by_S | t/f.l",
        "in:2:words=1:c:out=sink,o=sink | in:2:words=1:c:o=sink | in/out",
        "a:1:x=1:: b:1:y=2:: c:1:z=3:c:s=aggregate_by_S | b:1:y=2:: c:1:z=3:c:t=aggregate_by_S"
            + " | a c/s",
      })
  void whatIsGoneIsNamedAndHasToBeDropped(String deployed, String program, String names) {
    String[] all = names.split(" ");
    assertThatThrownBy(() -> check(deployed, program))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("Cannot run job 'job'")
        .hasMessageContaining(".name(...)")
        .hasMessageEndingWith("run once with --drop " + String.join(" --drop ", all));
    check(deployed, program, all);
    for (String missing : all) {
      Set<String> others = new HashSet<>(Arrays.asList(all));
      others.remove(missing);
      assertThatThrownBy(() -> check(deployed, program, others.toArray(new String[0])))
          .hasMessageEndingWith("with --drop " + missing);
    }
  }

  @Test
  void whatMayHaveAnotherNameIsSaid() {
    assertThatThrownBy(() -> check("a:1:x=1::", "b:1:x=1::"))
        .hasMessageContaining("stage 'a'")
        .hasMessageContaining("(new: b)");
  }

  /** Each line: deployed, program, the reason. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "t:4:s=1:: | t:8:s=1:: | stage 't' had 4 tasks and now has 8",
        "t:4:s=1:: | t:4:u=1:: | stage 't' read [s] and now reads [u]",
        "t:4:s=1:: | t:4:s=1,u=2:: | stage 't' read [s] and now reads [s, u]",
        "t:4:s=1:: | t:4:s=:: | an input of stage 't' was deleted: [s]",
        "t:4:s=1:: | t:4:s=2:: | an input of stage 't' was deleted and created again: [s]",
        "t:4:s=1:c:a=aggregate_by_S | t:4:s=1:none:a=aggregate_by_S"
            + " | the changelog of stage 't' is gone",
        "t:4:s=1:c:a=aggregate_by_S | t:4:s=1:d:a=aggregate_by_S"
            + " | the changelog of stage 't' was deleted and created again",
        // keys
        "t:4:s=1:c:a=aggregate_by_S | t:4:s=1:c:a=aggregate_by_Long"
            + " | step 'a' of stage 't' was 'aggregate by S' and now is 'aggregate by Long'",
        "t:4:s=1:c:f.a=state_map_a_by_X_by_S | t:4:s=1:c:f.a=state_map_a_by_Y_by_S"
            + " | step 'f' of stage 't' was 'state map a by X by S'",
        // the kind of a step, of windows, of a state
        "t:4:s=1:c:a=aggregate_by_S | t:4:s=1:c:a=5_s_by_S | step 'a' of stage 't' was",
        "t:4:s=1:c:a=5_s_by_S | t:4:s=1:c:a=10_s_by_S | step 'a' of stage 't' was '5 s by S'",
        "t:4:s=1:c:f.a=state_value_a_by_S | t:4:s=1:c:f.a=state_list_a_by_S"
            + " | step 'f' of stage 't' was 'state value a by S'",
        // the rows of a step that is no function
        "t:4:s=1:c:a=5_s_by_S | t:4:s=1:c:a=5_s_by_S,a.progress=5_s_by_S"
            + " | step 'a' of stage 't' kept [a] and now keeps [a, a.progress]",
        "t:4:s=1:c:a=5_s_by_S,a.progress=5_s_by_S | t:4:s=1:c:a=5_s_by_S"
            + " | step 'a' of stage 't' kept [a, a.progress] and now keeps [a]",
        // input that is sorted, or not any more
        "t:4:s=1:c:f.@timers=as_it_arrives_by_S"
            + " | t:4:s=1:c:f.@timers=sorted_by_event_time_by_S,f.@input=sorted_by_event_time_by_S"
            + " | step 'f' of stage 't' was 'as it arrives by S'",
      })
  void whatWouldBeReadWronglyIsRefused(String deployed, String program, String reason) {
    assertThatThrownBy(() -> check(deployed, program, "a", "t/a", "t/f", "s"))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("does not fit what is deployed")
        .hasMessageContaining(reason)
        .hasMessageContaining("reset");
  }

  @Test
  void everyMisfitIsNamed() {
    assertThatThrownBy(() -> check("t:4:s=1:c:a=x_by_S u:1:x=1::", "t:8:s=1:d:a=y_by_S u:2:x=1::"))
        .hasMessageContainingAll(
            "stage 't' had 4", "the changelog of stage 't'", "step 'a'", "stage 'u' had 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"t", "t/f", "t/f.a", "t/out"})
  void whatTheProgramHasIsNotDropped(String drop) {
    String job = "t:4:s=1:c:f.@timers=as_it_arrives_by_S,f.a=state_value_a_by_S,out=sink";
    assertThatThrownBy(() -> check(job, job, drop))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot drop '" + drop + "'")
        .hasMessageContaining("the program has it");
  }

  /** All copies of a version are started with the same options, and one of them drops it. */
  @Test
  void whatIsDroppedAlreadyIsNoError() {
    assertThatCode(() -> check(SOURCE, SOURCE, "sums", "in/sums")).doesNotThrowAnyException();
  }

  /** Until each store had its own, all stores of a function had one description. */
  @ParameterizedTest
  @CsvSource({
    "'process with value a, map m by X by S', 'state value a by S', true",
    "'process with value a, map m by X by S', 'state map m by X by S', true",
    "'process with value a, map m by X by S', 'state map m by Y by S', false",
    "'process with value a by S', 'state list a by S', false",
    "'process with value a by S', 'state value a by Long', false",
    "'process with value a by S', 'as it arrives by S', true",
    "'process by S', 'as it arrives by S', true",
    "'process sorted by event time with value a by S', 'as it arrives by S', false",
    "'process sorted by event time by S', 'sorted by event time by S', true",
    "'aggregate by S', 'aggregate by Long', false",
  })
  void descriptionsOfWholeFunctionsFit(String deployed, String program, boolean fits) {
    assertThat(StoreDescriptions.fits(deployed, program)).isEqualTo(fits);
  }
}
