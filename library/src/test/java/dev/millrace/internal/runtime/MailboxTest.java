package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.runtime.Mailbox.Posted;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class MailboxTest {

  private final Mailbox<Integer> mailbox = new Mailbox<>();

  @Test
  void lettersAreTakenOnceAndInTheirOrder() {
    assertThat(mailbox.isEmpty()).isTrue();
    assertThat(mailbox.take()).isEmpty();
    assertThat(mailbox.post(1)).isEqualTo(Posted.TAKEN);
    assertThat(mailbox.post(2)).isEqualTo(Posted.TAKEN);
    assertThat(mailbox.isEmpty()).isFalse();
    assertThat(mailbox.take()).containsExactly(1, 2);
    assertThat(mailbox.isEmpty()).isTrue();
  }

  @Test
  void oneThatIsFullTakesNoMoreUntilItIsEmptied() {
    for (int i = 0; i < Mailbox.MOST; i++) {
      assertThat(mailbox.post(i)).isEqualTo(Posted.TAKEN);
    }
    assertThat(mailbox.post(0)).isEqualTo(Posted.FULL);
    assertThat(mailbox.take()).hasSize(Mailbox.MOST);
    assertThat(mailbox.post(0)).isEqualTo(Posted.TAKEN);
  }

  @Test
  void oneThatIsClosedHandsBackWhatWasLeftAndTakesNothing() {
    mailbox.post(1);
    assertThat(mailbox.close()).containsExactly(1);
    assertThat(mailbox.post(2)).isEqualTo(Posted.CLOSED);
    assertThat(mailbox.isEmpty()).isTrue();
    assertThat(mailbox.take()).isEmpty();
    assertThat(mailbox.close()).isEmpty();
  }

  @Test
  void lettersOfSeveralThreadsAllArriveThoseOfEachInTheirOrder() throws Exception {
    int each = 1_000;
    int senders = 4;
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int sender = 0; sender < senders; sender++) {
      int first = sender * each;
      Thread thread =
          new Thread(
              () -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  return;
                }
                for (int i = 0; i < each; i++) {
                  while (mailbox.post(first + i) != Posted.TAKEN) {
                    Thread.onSpinWait();
                  }
                }
              });
      threads.add(thread);
      thread.start();
    }
    begin.countDown();
    List<Integer> taken = new ArrayList<>();
    while (taken.size() < senders * each) {
      taken.addAll(mailbox.take());
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (int sender = 0; sender < senders; sender++) {
      int first = sender * each;
      List<Integer> own = taken.stream().filter(i -> i / each == first / each).toList();
      assertThat(own).hasSize(each).isSorted().doesNotHaveDuplicates();
    }
  }
}
