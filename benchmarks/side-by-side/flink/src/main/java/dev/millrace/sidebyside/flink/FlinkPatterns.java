package dev.millrace.sidebyside.flink;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.cep.CEP;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.IterativeCondition;
import org.apache.flink.cep.pattern.conditions.SimpleCondition;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.util.Collector;

/** Flink's job for patterns: its CEP library. */
final class FlinkPatterns {

  private FlinkPatterns() {}

  static DataStream<String> results(DataStream<Payment> payments) {
    Pattern<Payment, Payment> pattern =
        Pattern.<Payment>begin(PatternJob.SMALL, AfterMatchSkipStrategy.noSkip())
            .where(SimpleCondition.of(PatternJob::isSmall))
            .followedBy(PatternJob.ABROAD)
            .where(new IsAbroad())
            .followedBy(PatternJob.LARGE)
            .where(SimpleCondition.of(PatternJob::isLarge))
            .within(PatternJob.WITHIN);
    return CEP.pattern(payments.keyBy(Payment::card, Types.STRING), pattern)
        .inEventTime()
        .process(new Lines(), Types.STRING);
  }

  /** The condition that a payment was in another country than the small one. */
  private static final class IsAbroad extends IterativeCondition<Payment> {

    private static final long serialVersionUID = 1L;

    @Override
    public boolean filter(Payment payment, IterativeCondition.Context<Payment> context)
        throws Exception {
      Payment small = context.getEventsForPattern(PatternJob.SMALL).iterator().next();
      return PatternJob.isAbroad(small, payment);
    }
  }

  /** The function that makes the result for a match. */
  private static final class Lines extends PatternProcessFunction<Payment, String> {

    private static final long serialVersionUID = 1L;

    @Override
    public void processMatch(
        Map<String, List<Payment>> match,
        PatternProcessFunction.Context context,
        Collector<String> out) {
      out.collect(
          PatternJob.line(
              only(match, PatternJob.SMALL),
              only(match, PatternJob.ABROAD),
              only(match, PatternJob.LARGE)));
    }

    private static Payment only(Map<String, List<Payment>> match, String stage) {
      return match.getOrDefault(stage, List.of()).get(0);
    }
  }
}
