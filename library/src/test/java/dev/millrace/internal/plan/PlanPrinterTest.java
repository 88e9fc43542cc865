package dev.millrace.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import org.junit.jupiter.api.Test;

/** The forms of a plan, as far as no operator is concerned. */
final class PlanPrinterTest {

  private final Job job = Job.named("job");

  private String mermaid() {
    return PlanPrinter.mermaid(Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail()));
  }

  @Test
  void aFlowchartHasANodeForEachTopic() {
    DataStream<String> both =
        job.source(KafkaSource.strings("a")).union(job.source(KafkaSource.strings("b")));
    both.to(KafkaSink.strings("long"));
    both.filter(text -> text.length() < 3).to(KafkaSink.strings("short"));
    assertThat(mermaid())
        .contains("t0[(\"a\")] --> s0", "s0 --> t1[(\"long\")]", "s0 --> t2[(\"short\")]")
        .contains("t3[(\"b\")] --> s1", "s1 --> t1[(\"long\")]", "s1 --> t2[(\"short\")]");
  }

  @Test
  void aTopicThatIsWrittenAndReadIsOneNode() {
    job.source(KafkaSource.strings("a")).to(KafkaSink.strings("b"));
    job.source(KafkaSource.strings("b")).to(KafkaSink.strings("c"));
    assertThat(mermaid()).contains("s0 --> t1[(\"b\")]", "t1[(\"b\")] --> s1");
  }
}
