package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.plan.JoinKind;
import org.junit.jupiter.api.Test;

/** How many of the cases of joins run on a real broker, counted from the tables themselves. */
final class CasesOnBrokerShareTest {

  private static final int ALL =
      JoinCases.ALL.size() * JoinKind.values().length
          + TemporalCases.ALL.size() * TemporalCases.KINDS.size()
          + LookupCases.ALL.size() * LookupCases.KINDS.size()
          + TableJoinCases.ALL.size() * JoinKind.values().length
          + ForeignKeyCases.ALL.size() * ForeignKeyCases.KINDS.size();

  @Test
  void aThirdOfTheCasesRunsOnABroker() {
    int onBroker = TableCasesOnBrokerTest.count() + TimedCasesOnBrokerTest.count();
    System.out.printf("Cases of joins: %d, on a broker: %d%n", ALL, onBroker);
    assertThat(ALL).isGreaterThanOrEqualTo(120);
    assertThat(onBroker * 3).isGreaterThanOrEqualTo(ALL);
    assertThat(TimedCasesOnBrokerTest.countOfStreams() * 3)
        .as("joins of streams")
        .isGreaterThanOrEqualTo(JoinCases.ALL.size() * JoinKind.values().length);
  }
}
