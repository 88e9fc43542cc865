package dev.millrace.sidebyside.engine;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The main program of an engine's JVM.
 *
 * <p>On standard output it reports, a line each: {@code @version TEXT}, {@code @setting KEY=VALUE},
 * {@code @started}, {@code @progress EPOCH_MS RECORDS} for an engine without output, and
 * {@code @jvm EPOCH_MS GC_MS ALLOCATED_BYTES} four times a second. It stops the engine and itself
 * at the end of its standard input, so also when its parent dies.
 */
public final class EngineMain {

  private EngineMain() {}

  /**
   * Runs an engine.
   *
   * @param words the words of {@link EngineTask#toWords}
   */
  public static void run(Engine engine, String... words) {
    try (engine) {
      EngineTask task = EngineTask.parse(words);
      report("version " + engine.version());
      Map<String, String> settings = new TreeMap<>(engine.settings(task));
      settings.putAll(task.overrides());
      settings.forEach((key, value) -> report("setting " + key + "=" + value));
      JvmSampler.start();
      engine.start(task);
      report("started");
      awaitEndOfInput();
    } catch (Exception e) {
      fail(e);
    }
    // An engine's own threads must not keep the JVM alive.
    Runtime.getRuntime().halt(0);
  }

  /**
   * Reports how many records had been read at a time, for an engine that has no output.
   *
   * @param epochMs the time, in milliseconds since the epoch
   */
  public static void reportProgress(long epochMs, long records) {
    report("progress " + epochMs + " " + records);
  }

  /** Ends this JVM because the engine failed. */
  public static void fail(Throwable reason) {
    reason.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  static void report(String line) {
    // One call, so that lines of several threads do not mix.
    System.out.print("@" + line + "\n");
    System.out.flush();
  }

  private static void awaitEndOfInput() throws IOException {
    byte[] buffer = new byte[64];
    while (System.in.read(buffer) >= 0) {
      // What is written there means nothing; that it ends does.
    }
  }
}
