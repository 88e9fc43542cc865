package dev.millrace.internal.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.ChannelVector;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageSetups;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The time of one input of two, beside the time of the task, which is that of both. */
final class InputTimesTest {

  private static final int LEFT = 0;
  private static final int RIGHT = 1;
  private static final long END = Long.MAX_VALUE;
  private static final long UNKNOWN = Long.MIN_VALUE;

  /** How long a channel is silent until it is idle; a part of it is its grace. */
  private static final Duration IDLENESS = Duration.ofMillis(30);

  private long nanos = -7;
  private TaskProgress task = opened(0, 2, 1);

  @Test
  void anInputIsAsFarAsItsOwnChannels() {
    report(LEFT, 0, ChannelStatus.ACTIVE, 100);
    report(LEFT, 1, ChannelStatus.ACTIVE, 120);
    assertThat(timeOf(LEFT)).isEqualTo(100);
    assertThat(timeOf(RIGHT)).isEqualTo(UNKNOWN);
    report(RIGHT, 0, ChannelStatus.ACTIVE, 40);
    assertThat(timeOf(LEFT)).isEqualTo(100);
    assertThat(timeOf(RIGHT)).isEqualTo(40);
    assertThat(task.eventTime()).isEqualTo(40);
  }

  @Test
  void anInputThatIsNotWaitedForGoesWithTheTask() {
    report(LEFT, 0, ChannelStatus.ACTIVE, 50);
    report(LEFT, 1, ChannelStatus.ACTIVE, 50);
    report(RIGHT, 0, ChannelStatus.IDLE, 40);
    assertThat(timeOf(RIGHT)).isEqualTo(40);
    graceEnds(LEFT, 50);
    report(LEFT, 0, ChannelStatus.ACTIVE, 100);
    report(LEFT, 1, ChannelStatus.ACTIVE, 120);
    assertThat(task.eventTime()).isEqualTo(100);
    assertThat(timeOf(RIGHT)).isEqualTo(100);
  }

  @Test
  void anInputThatHasFinishedIsAtTheEndOfTime() {
    report(LEFT, 0, ChannelStatus.ACTIVE, 100);
    report(LEFT, 1, ChannelStatus.ACTIVE, 120);
    report(RIGHT, 0, ChannelStatus.FINISHED, END);
    assertThat(timeOf(RIGHT)).isEqualTo(END);
    assertThat(task.eventTime()).isEqualTo(100);
    assertThat(task.inputsFinished()).isFalse();
    report(LEFT, 0, ChannelStatus.FINISHED, END);
    report(LEFT, 1, ChannelStatus.FINISHED, END);
    assertThat(timeOf(LEFT)).isEqualTo(END);
    assertThat(task.inputsFinished()).isTrue();
  }

  @Test
  void noInputGoesBack() {
    leaveAChannelOut();
    assertThat(timeOf(LEFT)).isEqualTo(90);
    report(LEFT, 0, ChannelStatus.ACTIVE, 60);
    assertThat(timeOf(LEFT)).isEqualTo(90);
    assertThat(task.eventTime()).isEqualTo(40);
    report(LEFT, 0, ChannelStatus.ACTIVE, 95);
    report(LEFT, 1, ChannelStatus.ACTIVE, 100);
    assertThat(timeOf(LEFT)).isEqualTo(95);
  }

  @Test
  void aNewOwnerGoesOnWithTheTimesOfBoth() {
    leaveAChannelOut();
    report(LEFT, 0, ChannelStatus.ACTIVE, 60);
    takeOver(task.vectors());
    assertThat(timeOf(LEFT)).isEqualTo(90);
    assertThat(timeOf(RIGHT)).isEqualTo(40);
    assertThat(task.eventTime()).isEqualTo(40);
    report(LEFT, 0, ChannelStatus.ACTIVE, 92);
    report(LEFT, 1, ChannelStatus.ACTIVE, 93);
    assertThat(timeOf(LEFT)).isEqualTo(92);
  }

  @Test
  void vectorsWithoutTimesOfTheInputsAreThoseOfTheTask() {
    report(LEFT, 0, ChannelStatus.ACTIVE, 100);
    report(LEFT, 1, ChannelStatus.ACTIVE, 120);
    report(RIGHT, 0, ChannelStatus.ACTIVE, 40);
    takeOver(
        task.vectors().stream()
            .map(
                vector ->
                    new ChannelVector(
                        vector.inputIndex(),
                        vector.eventTimeWatermark(),
                        vector.processingTimeWatermark(),
                        vector.channels()))
            .toList());
    assertThat(task.eventTime()).isEqualTo(40);
    assertThat(timeOf(LEFT)).isEqualTo(100);
    assertThat(timeOf(RIGHT)).isEqualTo(40);
  }

  @Test
  void aNewChannelHoldsTheTaskButTakesNothingBack() {
    leaveAChannelOut();
    task.widen(LEFT, 3);
    assertThat(task.firstChannel(RIGHT)).isEqualTo(3);
    assertThat(timeOf(LEFT)).isEqualTo(90);
    assertThat(timeOf(RIGHT)).isEqualTo(40);
    report(RIGHT, 0, ChannelStatus.ACTIVE, 1_000);
    report(LEFT, 0, ChannelStatus.ACTIVE, 1_000);
    report(LEFT, 1, ChannelStatus.ACTIVE, 1_000);
    assertThat(task.eventTime()).isEqualTo(40);
    assertThat(timeOf(LEFT)).isEqualTo(90);
    assertThat(timeOf(RIGHT)).isEqualTo(1_000);
    report(LEFT, 2, ChannelStatus.ACTIVE, 500);
    assertThat(task.eventTime()).isEqualTo(500);
    assertThat(timeOf(LEFT)).isEqualTo(500);
  }

  @Test
  void framesOfAnEarlierRunMoveNoInput() {
    task = opened(1, 2, 1);
    report(LEFT, 0, ChannelStatus.FINISHED, END);
    report(LEFT, 1, ChannelStatus.FINISHED, END);
    report(RIGHT, 0, ChannelStatus.FINISHED, END);
    assertThat(timeOf(LEFT)).isEqualTo(UNKNOWN);
    assertThat(task.eventTime()).isEqualTo(UNKNOWN);
    assertThat(task.inputsFinished()).isFalse();
  }

  @Test
  void aNewOwnerGoesOnWithTheTimesOfOperatorsThatFollowOthers() {
    report(LEFT, 0, ChannelStatus.ACTIVE, 100);
    report(LEFT, 1, ChannelStatus.ACTIVE, 120);
    report(RIGHT, 0, ChannelStatus.ACTIVE, 40);
    task.levels().fired(0, 40);
    assertThat(task.levels().committed()).isTrue();
    task.fired();
    assertThat(task.outputEventTime()).as("not fired by the last one yet").isEqualTo(UNKNOWN);
    takeOver(task.vectors());
    assertThat(task.levels().of(1, 999)).isEqualTo(40);
    assertThat(task.eventTime()).isEqualTo(40);
    assertThat(timeOf(LEFT)).isEqualTo(100);
    task.levels().fired(1, 40);
    task.fired();
    assertThat(task.outputEventTime()).isEqualTo(40);
  }

  /** A reader may leave out what is idle, and results of it that come then would be late there. */
  @Test
  void aTaskIsIdleOnlyWhenTheLastOfItsOperatorsHasFired() {
    report(LEFT, 0, ChannelStatus.IDLE, 100);
    report(LEFT, 1, ChannelStatus.IDLE, 100);
    report(RIGHT, 0, ChannelStatus.IDLE, 100);
    nanos += IDLENESS.toNanos();
    boolean ignored = task.check(SourceProgress.CAUGHT_UP, 0, nanos);
    task.levels().fired(1, UNKNOWN);
    task.levels().fired(0, task.eventTime());
    task.fired();
    assertThat(task.status()).isEqualTo(ChannelStatus.ACTIVE);
    assertThat(task.levels().committed()).isTrue();
    task.levels().fired(1, 100);
    task.fired();
    assertThat(task.status()).isEqualTo(ChannelStatus.IDLE);
    assertThat(task.outputEventTime()).isEqualTo(100);
  }

  /** One of two channels was idle while the other one went on, and the right input holds both. */
  private void leaveAChannelOut() {
    report(RIGHT, 0, ChannelStatus.ACTIVE, 30);
    report(LEFT, 0, ChannelStatus.ACTIVE, 50);
    report(LEFT, 1, ChannelStatus.ACTIVE, 80);
    report(LEFT, 0, ChannelStatus.IDLE, 50);
    graceEnds(RIGHT, 30);
    report(LEFT, 1, ChannelStatus.ACTIVE, 90);
    assertThat(timeOf(LEFT)).isEqualTo(90);
    assertThat(task.eventTime()).isEqualTo(40);
  }

  /** Lets a channel go on for ten steps, for longer than an idle one is waited for. */
  private void graceEnds(int input, long watermark) {
    for (int i = 1; i <= 10; i++) {
      nanos += IDLENESS.toNanos() / 6;
      report(input, 0, ChannelStatus.ACTIVE, watermark + i);
      boolean ignored = task.check(SourceProgress.CAUGHT_UP, 0, nanos);
    }
  }

  private long timeOf(int input) {
    return task.time(TimeDomain.EVENT, input);
  }

  private void report(int input, int channel, ChannelStatus status, long watermark) {
    FrameReader reader = new FrameReader();
    byte[] frame =
        new FrameWriter(0, 0, 9)
            .finish(0, List.of(new ChannelUpdate(channel, status, 1, watermark, UNKNOWN)));
    reader.reset(frame, 0, frame.length);
    assertThat(reader.nextUpdate()).isTrue();
    boolean ignored = task.update(task.firstChannel(input) + channel, reader, ++nanos);
  }

  private void takeOver(List<ChannelVector> vectors) {
    SmallFrame frame =
        SmallFrame.decode(
            new SmallFrame(
                    ChannelStatus.ACTIVE,
                    task.outputEventTime(),
                    UNKNOWN,
                    1,
                    1,
                    new byte[0],
                    vectors)
                .encode());
    task = opened(0, 2, 1);
    task.restore(
        frame.status(),
        frame.eventTimeWatermark(),
        frame.processingTimeWatermark(),
        frame.channelVectors());
  }

  private static TaskProgress opened(int run, int left, int right) {
    List<StageInput> inputs = List.of(input("left", LEFT), input("right", RIGHT));
    StageOperator operator =
        new StageKeyedProcess(
            Nothing::new, String.class, List.of(), List.of(), 2, true, Optional.empty());
    StageOperator next =
        new StageKeyedProcess(
            Nothing::new, String.class, List.of(), List.of(), 1, true, Optional.empty());
    Target follow =
        new Target.ToKeyedStep(new Target.ToStep(0, 0), KeptKey.OF_CHANGE, ErrorPolicy.fail());
    StagePlan plan =
        new StagePlan(
            "joined",
            inputs,
            List.of(step("next", next), step("joined", operator, follow)),
            List.of(),
            true,
            OptionalInt.empty());
    StageSetup setup =
        StageSetups.of(
            new PhysicalPlan("job", List.of(source("left"), source("right"), plan), List.of()),
            plan,
            run,
            1,
            List.of(
                new StageSetup.Input(inputs.get(0), new UUID(1, 1), left, null, null, Map.of()),
                new StageSetup.Input(inputs.get(1), new UUID(1, 2), right, null, null, Map.of())),
            List.of());
    return new TaskProgress(setup, 0, StageShare.of(setup, 1), Rhythm.USUAL);
  }

  private static StageInput input(String from, int number) {
    return new StageInput.Shuffled(
        new ShuffleEdge(
            from,
            from,
            "joined",
            Optional.empty(),
            Void.class,
            String.class,
            TimeDomain.EVENT,
            Optional.empty(),
            new ShuffleEdge.Granularity(1, Long.MAX_VALUE),
            ErrorPolicy.fail()),
        List.of(new Target.ToStep(1, number)));
  }

  private static Step step(String name, StageOperator operator, Target... targets) {
    return new Step(name, operator, List.of(targets), Map.of(), ErrorPolicy.fail());
  }

  private static StagePlan source(String topic) {
    Watermarks<Object> strategy =
        Watermarks.boundedOutOfOrderness(Duration.ZERO).idleness(IDLENESS);
    StageInput input =
        new StageInput.Kafka(
            Specs.of(KafkaSource.strings(topic).watermarks(strategy), KafkaSourceSpec.class),
            ErrorPolicy.fail(),
            List.of());
    return new StagePlan(topic, List.of(input), List.of(), List.of(), false, OptionalInt.empty());
  }

  private static final class Nothing extends KeyedProcessFunction<String, Object, String> {
    @Override
    public void onRecord(Object record, Context context) {}
  }
}
