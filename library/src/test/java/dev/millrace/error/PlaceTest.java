package dev.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Where an exception happened, as data. */
final class PlaceTest {

  private static final Place WHOLE =
      Place.ofJob("sums")
          .withStage("words")
          .withStep("parse")
          .withTask(3)
          .withTopic("lines")
          .withPartition(4)
          .withOffset(5);

  @Test
  void eachPartIsThereOrNot() {
    assertThat(WHOLE.job()).contains("sums");
    assertThat(WHOLE.stage()).contains("words");
    assertThat(WHOLE.step()).contains("parse");
    assertThat(WHOLE.task()).hasValue(3);
    assertThat(WHOLE.topic()).contains("lines");
    assertThat(WHOLE.partition()).hasValue(4);
    assertThat(WHOLE.offset()).hasValue(5);
    assertThat(WHOLE)
        .hasToString(
            "job sums, stage words, step parse, task 3, topic lines, partition 4, offset 5");
    assertThat(Place.UNKNOWN.job()).isEqualTo(Optional.empty());
    assertThat(Place.UNKNOWN.task()).isEqualTo(OptionalInt.empty());
    assertThat(Place.UNKNOWN.offset()).isEqualTo(OptionalLong.empty());
    assertThat(Place.UNKNOWN).hasToString("unknown").isNotEqualTo(WHOLE);
  }

  @Test
  void whatIsMissingIsTakenFromTheOther() {
    Place record = Place.ofPartition("lines", 4).withOffset(5);
    assertThat(record.orElse(Place.ofJob("sums").withStage("words")))
        .isEqualTo(record.withJob("sums").withStage("words"))
        .hasSameHashCodeAs(record.withJob("sums").withStage("words"));
    assertThat(Place.UNKNOWN.orElse(WHOLE)).isEqualTo(WHOLE);
    assertThat(WHOLE.orElse(Place.UNKNOWN)).isEqualTo(WHOLE);
  }

  @Test
  void whatTheOtherSaysOfAnotherStageOrTopicIsLeftOut() {
    assertThat(Place.ofStage("counts").orElse(WHOLE))
        .isEqualTo(Place.ofPartition("lines", 4).withOffset(5).withJob("sums").withStage("counts"));
    assertThat(Place.ofTopic("out").orElse(WHOLE))
        .isEqualTo(
            Place.ofTopic("out").withJob("sums").withStage("words").withStep("parse").withTask(3));
    assertThat(Place.ofPartition("lines", 9).orElse(WHOLE).offset()).isEmpty();
  }

  @Test
  void aWrappingExceptionHasThePlaceOfItsCause() {
    RecordException cause = new RecordException("Cannot process a record", WHOLE, null);
    RuntimeException between = new IllegalStateException(cause);
    assertThat(new StateStoreException("Cannot write", between).place()).isEqualTo(WHOLE);
    assertThat(new MillraceException("Cannot go on", Place.ofJob("other"), between).place())
        .isEqualTo(WHOLE.withJob("other"));
    assertThat(new MillraceException("Cannot go on", new IllegalStateException()).place())
        .isEqualTo(Place.UNKNOWN);
  }

  @Test
  void whatIsKnownFurtherUpIsAdded() {
    ConfigurationException failure =
        new ConfigurationException("Cannot use topic lines", Place.ofTopic("lines"), null);
    assertThat(failure.within(Place.ofJob("sums").withTopic("out"))).isSameAs(failure);
    assertThat(failure.place()).isEqualTo(Place.ofTopic("lines").withJob("sums"));
  }

  @Test
  void everyExceptionKeepsItsPlaceWhenItIsSerialised() throws Exception {
    List<MillraceException> all =
        List.of(
            new MillraceException("Cannot", WHOLE, null),
            new ConfigurationException("Cannot", WHOLE, null),
            new FencedException("Cannot", WHOLE, null),
            new IncompatibleJobException("Cannot", WHOLE, null),
            new JobActiveException("Cannot", WHOLE, null),
            new JobStateException("Cannot", WHOLE, null),
            new JobStoppedException("Cannot", WHOLE),
            new KafkaUnreachableException("Cannot", WHOLE, null),
            new MissingRightException("Cannot", "READ", "topic lines", WHOLE, null),
            new RecordException("Cannot", WHOLE, null),
            new SinkUnavailableException("Cannot", WHOLE, null),
            new StateStoreException("Cannot", WHOLE, null),
            new TypeInferenceException("Cannot", WHOLE, null));
    for (MillraceException each : all) {
      assertThat(each.place()).as(each.getClass().getSimpleName()).isEqualTo(WHOLE);
      MillraceException copy = copied(each);
      assertThat(copy).hasSameClassAs(each).hasMessage("Cannot");
      assertThat(copy.place()).isEqualTo(WHOLE);
    }
  }

  @Test
  void thePlacesOfLossesAndStagesAreThoseOfTheirMessages() throws Exception {
    RecordsDeletedException deleted = new RecordsDeletedException("words", "lines", 4, 5, 9, null);
    assertThat(copied(deleted).place())
        .isEqualTo(Place.ofPartition("lines", 4).withOffset(5).withStage("words"));
    assertThat(deleted)
        .hasMessageContaining("topic lines, partition 4, in stage 'words'")
        .hasMessageContaining("committed offset 5");
    assertThat(new LogTruncatedException("words", "lines", 4, 5, 2, 3, null).place())
        .isEqualTo(Place.ofPartition("lines", 4).withOffset(5).withStage("words"));
    OffsetsDivergedException diverged = new OffsetsDivergedException("words", 3, "no frame");
    assertThat(copied(diverged).place()).isEqualTo(Place.ofStage("words").withTask(3));
    assertThat(diverged).hasMessageStartingWith("Cannot open task 3 of stage 'words'");
    assertThat(new NoProgressException("Cannot go on with stage 'words'", "words", null).place())
        .isEqualTo(Place.ofStage("words"));
  }

  private static MillraceException copied(MillraceException failure) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(failure);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (MillraceException) in.readObject();
    }
  }
}
