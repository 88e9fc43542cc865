package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.table.Change;
import dev.millrace.testkit.IdleSinkWriter;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tasks that fail as they are released, which must not keep their worker from its end. */
final class FailingReleaseTest {

  private final FaultyInstance rig = new FaultyInstance();

  /** A sink of which a class is missing when it is to be closed. */
  static final class HalfASink implements WriterSink<Change<String, Long>> {

    @Override
    public String name() {
      return "half";
    }

    @Override
    public SinkWriter<Change<String, Long>> open(SinkContext context) {
      return new IdleSinkWriter<>() {
        @Override
        public void close() {
          throw new NoClassDefFoundError("com/example/Connection");
        }
      };
    }
  }

  @Test
  void aWorkerWhoseTasksFailAsTheyAreReleasedLetsGoOfEverythingElse() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .count()
        .name("counts")
        .to(new HalfASink());
    rig.configure("workers", "1");
    rig.send(100);
    rig.start(job);
    rig.settle();
    Set<Call> closed = new HashSet<>();
    rig.clients.inject(
        call -> {
          if (call.method().equals("close")) {
            closed.add(call);
          }
          return null;
        });
    Worker worker = rig.instance.workersByStage().get("counts").get(0);
    int[] departures = {0};
    assertThatThrownBy(() -> worker.end(failure -> departures[0]++))
        .isInstanceOf(NoClassDefFoundError.class)
        .satisfies(
            failure -> assertThat(failure.getSuppressed()).as("one of each task").hasSize(3));
    assertThat(departures[0]).isOne();
    assertThat(closed).contains(new Call("producer", "close"), new Call("stage", "close"));
    assertThat(worker.heldTasks()).as("stores that are open").isEmpty();
    assertThat(worker.tasks()).isEmpty();
  }
}
