package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArrivalsTest {

  private final Arrivals arrivals = new Arrivals(0);
  private final List<Long> seen = new ArrayList<>();

  @Test
  void resultAccountsForAllOccurrencesUpToItsNumber() {
    arrivals.send("a", 1);
    arrivals.send("b", 2);
    arrivals.send("a", 3);
    arrivals.send("a", 4);
    arrivals.see("a", 2, seen::add);
    assertThat(seen).containsExactly(1L, 3L);
    assertThat(arrivals.pending()).isEqualTo(2);
    arrivals.see("a", 3, seen::add);
    arrivals.see("b", 1, seen::add);
    assertThat(seen).containsExactly(1L, 3L, 4L, 2L);
    assertThat(arrivals.pending()).isZero();
    assertThat(arrivals.wrong()).isZero();
  }

  @Test
  void whatWasSentBeforeIsNotWaitedFor() {
    Arrivals later = new Arrivals(5);
    later.send("a", 1);
    later.see("a", 5, seen::add);
    assertThat(seen).isEmpty();
    later.see("a", 6, seen::add);
    assertThat(seen).containsExactly(1L);
    later.see("never sent", 5, seen::add);
    assertThat(later.wrong()).isZero();
  }

  @Test
  void lostAndRepeatedRecordsMakeAWordWrong() {
    arrivals.send("lost", 1);
    arrivals.send("lost", 2);
    arrivals.see("lost", 1, seen::add);
    arrivals.send("twice", 3);
    arrivals.see("twice", 2, seen::add);
    arrivals.send("taken back", 4);
    arrivals.see("taken back", 1, seen::add);
    arrivals.see("taken back", 0, seen::add);
    assertThat(arrivals.wrong()).isEqualTo(3);
    assertThat(arrivals.pending()).isEqualTo(1);
  }
}
