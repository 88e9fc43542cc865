package dev.millrace.internal.shuffle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RecentSlicesTest {

  private static final long LONGEST = 1 << 14;

  private final RecentSlices slices = new RecentSlices();

  @Test
  void aSliceStaysInUseForAsLongAsItsRecordsKeepIt() {
    slices.left(100, 10);
    assertThat(slices.isInUse(100, 159)).isTrue();
    assertThat(slices.isInUse(100, 160)).isFalse();
    assertThat(slices.isInUse(200, 10)).isFalse();
  }

  @Test
  void howeverManyRecordsASliceHadItIsOverSomeTimeAfterThem() {
    slices.left(100, 1_000_000);
    assertThat(slices.isInUse(100, 1_000_000 + LONGEST - 1)).isTrue();
    assertThat(slices.isInUse(100, 1_000_000 + LONGEST)).isFalse();
  }

  /** Of each thousand records, one belongs to a slice that is over. */
  @Test
  void stragglersDoNotKeepASliceInUse() {
    slices.left(100, 50_000);
    long record = 50_000;
    for (int i = 0; i < 40; i++) {
      slices.left(200, record + 999);
      slices.left(100, record + 1_000);
      record += 1_000;
    }
    slices.left(200, record + 100);
    assertThat(slices.isInUse(100, record + 100)).isFalse();
    assertThat(slices.isInUse(200, record + 100)).isTrue();
  }

  @Test
  void partitionsThatAreReadInTurnKeepTheirSlicesInUse() {
    long record = 0;
    for (int turn = 0; turn < 50; turn++) {
      record += 2_000;
      slices.left(turn % 8, record);
    }
    for (int slice = 0; slice < 8; slice++) {
      assertThat(slices.isInUse(slice, record)).as("slice %d", slice).isTrue();
    }
  }

  @Test
  void ofMoreSlicesThanThereArePlacesThoseWithFewestRecordsAreForgotten() {
    long record = 0;
    for (int slice = 1; slice <= 16; slice++) {
      record += slice == 3 ? 1 : 20;
      slices.left(slice, record);
    }
    slices.left(17, record + 1);
    for (int slice : new int[] {1, 2, 4, 15, 16, 17}) {
      assertThat(slices.isInUse(slice, record + 1)).as("slice %d", slice).isTrue();
    }
    assertThat(slices.isInUse(3, 0)).isFalse();
  }

  @Test
  void nothingIsInUseBeforeTheFirstRecordAndAfterAnEnd() {
    assertThat(slices.isInUse(0, 0)).isFalse();
    slices.left(0, 10);
    slices.clear();
    assertThat(slices.isInUse(0, 0)).isFalse();
    slices.left(5, 1);
    assertThat(slices.isInUse(5, 15)).isTrue();
    assertThat(slices.isInUse(5, 16)).isFalse();
  }
}
