package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.figures.LogGrowth;
import dev.millrace.sidebyside.figures.Series;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The sampler that watches the processes of a run from outside while it lasts.
 *
 * <p><b>Threads.</b> It has one of its own; series can be read at any time.
 */
final class Sampler implements AutoCloseable {

  private static final long PERIOD_MS = 200;
  private static final int LOGS_EVERY = 5;

  private final Kafka kafka;
  private final long enginePid;
  private final String input;
  private final Series engineCpuMs = new Series();
  private final Series brokerCpuMs = new Series();
  private final Series othersCpuMs = new Series();
  private final Series kafkaBytes = new Series();
  private final LogGrowth logs = new LogGrowth();
  private final Thread thread = new Thread(this::run, "sampler");
  private volatile @Nullable Exception failure;
  private volatile boolean closed;

  private Sampler(Kafka kafka, long enginePid, String input) {
    this.kafka = kafka;
    this.enginePid = enginePid;
    this.input = input;
  }

  static Sampler start(Kafka kafka, long enginePid, String input) {
    Sampler sampler = new Sampler(kafka, enginePid, input);
    sampler.thread.setDaemon(true);
    sampler.thread.start();
    return sampler;
  }

  private void run() {
    try {
      for (int round = 0; !closed; round++) {
        sample();
        if (round % LOGS_EVERY == 0) {
          kafkaBytes.add(System.currentTimeMillis(), logs.look(kafka.logBytes(input)));
        }
        Thread.sleep(PERIOD_MS);
      }
      sample();
      kafkaBytes.add(System.currentTimeMillis(), logs.look(kafka.logBytes(input)));
    } catch (Exception e) {
      failure = e;
    }
  }

  private void sample() throws IOException {
    long now = System.currentTimeMillis();
    long engine = ProcFiles.cpuMs(enginePid);
    long broker = ProcFiles.cpuMs(kafka.pid());
    long own = ProcFiles.cpuMs(ProcessHandle.current().pid());
    engineCpuMs.add(now, engine);
    brokerCpuMs.add(now, broker);
    othersCpuMs.add(now, ProcFiles.machineBusyMs() - engine - broker - own);
  }

  Series engineCpuMs() {
    return engineCpuMs;
  }

  Series brokerCpuMs() {
    return brokerCpuMs;
  }

  /** {@return CPU time of all processes but the engine, the broker and this one} */
  Series othersCpuMs() {
    return othersCpuMs;
  }

  /** {@return bytes written to all logs but the input} */
  Series kafkaBytes() {
    return kafkaBytes;
  }

  /** Takes a last sample. Call it while the engine still lives. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Exception failed = failure;
    if (failed != null) {
      throw new IllegalStateException("the run could not be observed: " + failed, failed);
    }
  }
}
