package dev.millrace.runner.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.runner.host.HostedJob;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pages of an instance's process: its settings, its threads, and what stopped it.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class ProcessPages {

  private static final int DEFAULT_DEPTH = 64;
  private static final int MOST_DEPTH = 512;

  private record Config(@Nullable String instance, List<Setting> settings) {}

  /** A setting with where it comes from; secrets are masked. */
  private record Setting(
      String key,
      String value,
      String origin,
      @JsonProperty("default") String defaultValue,
      String description) {}

  private record Threads(
      @Nullable String instance, Instant asOf, int count, List<ThreadView> threads) {}

  /** A thread and where it is. */
  private record ThreadView(
      long id,
      String name,
      boolean daemon,
      Thread.State state,
      @Nullable String waitsFor,
      @Nullable String heldBy,
      long cpuMs,
      List<String> stack) {}

  private record Exceptions(Instant asOf, List<ExceptionView> exceptions) {}

  /** The exception that stopped an instance; its stack only if it is the answering one. */
  private record ExceptionView(
      String instance,
      @Nullable String host,
      @Nullable Long pid,
      InstanceState state,
      String error,
      Instant reportedAt,
      @Nullable String stackTrace) {}

  private final HostedJob job;
  private final Others others;

  ProcessPages(HostedJob job, Others others) {
    this.job = job;
    this.others = others;
  }

  /** Answers the effective settings of this instance, or of the one that is asked for. */
  Answer config(Request request) {
    Pages.checkJob(job, request);
    return others.elsewhere(request).orElseGet(this::config);
  }

  private Answer config() {
    return Answer.json(
        new Config(
            job.instance().orElse(null),
            job.config().describe().stream()
                .map(
                    entry ->
                        new Setting(
                            entry.key(),
                            entry.value(),
                            entry.origin().toString(),
                            entry.defaultValue(),
                            entry.description()))
                .toList()));
  }

  /** Answers what each thread of this process does, or of that of the instance asked for. */
  Answer threads(Request request) {
    Pages.checkJob(job, request);
    int depth = request.number("depth", 0, MOST_DEPTH).orElse(DEFAULT_DEPTH);
    return others.elsewhere(request).orElseGet(() -> threads(depth));
  }

  private Answer threads(int depth) {
    ThreadMXBean bean = ManagementFactory.getThreadMXBean();
    List<ThreadView> threads =
        Arrays.stream(bean.dumpAllThreads(false, false, depth))
            .map(thread -> view(bean, thread))
            .sorted(Comparator.comparing(ThreadView::name))
            .toList();
    return Answer.json(
        new Threads(job.instance().orElse(null), Instant.now(), threads.size(), threads));
  }

  private static ThreadView view(ThreadMXBean bean, ThreadInfo thread) {
    long cpuNanos =
        bean.isThreadCpuTimeSupported() && bean.isThreadCpuTimeEnabled()
            ? bean.getThreadCpuTime(thread.getThreadId())
            : -1;
    return new ThreadView(
        thread.getThreadId(),
        thread.getThreadName(),
        thread.isDaemon(),
        thread.getThreadState(),
        thread.getLockName(),
        thread.getLockOwnerName(),
        Math.max(0, cpuNanos) / 1_000_000,
        Arrays.stream(thread.getStackTrace()).map(StackTraceElement::toString).toList());
  }

  /** Answers what stopped instances, those that have reported within the last hour. */
  Answer exceptions(Request request) {
    Pages.checkJob(job, request);
    Optional<ExceptionView> own = job.failure().map(this::ownFailure);
    List<ExceptionView> others =
        Pages.status(job).status().instances().stream()
            .filter(instance -> !instance.error().isEmpty())
            .filter(instance -> own.isEmpty() || !instance.id().equals(own.get().instance()))
            .map(ProcessPages::view)
            .toList();
    return Answer.json(
        new Exceptions(Instant.now(), Stream.concat(own.stream(), others.stream()).toList()));
  }

  private ExceptionView ownFailure(Throwable failure) {
    StringWriter stack = new StringWriter();
    failure.printStackTrace(new PrintWriter(stack, true));
    return new ExceptionView(
        job.instance().orElse(""),
        null,
        ProcessHandle.current().pid(),
        job.state(),
        String.valueOf(failure.getMessage()),
        Instant.now(),
        stack.toString());
  }

  private static ExceptionView view(JobStatus.Instance instance) {
    return new ExceptionView(
        instance.id(),
        instance.host(),
        instance.pid(),
        instance.state(),
        instance.error(),
        instance.reportedAt(),
        null);
  }
}
