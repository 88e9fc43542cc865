package dev.millrace.connector;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of everything that one writer of a file sink makes.
 *
 * <pre>
 *   DIR/.millrace/JOB-ID8/STAGE.SINK.TASK/     hidden, one directory per task
 *       RESET-EPOCH-N.owner                    the mark of a writer
 *       RESET-EPOCH-N-SEQ.jsonl.part           a file of it
 *   DIR/JOB-SINK-TASK-ID8-RESET-EPOCH-N-SEQ.jsonl
 * </pre>
 *
 * <p>EPOCH is the owner epoch, in as many digits as the largest one has; N distinguishes writers of
 * one epoch, in case two hosts' clocks give out the same; ID8 stands for the job's identity (and,
 * in visible names, the stage's). Within a task, names sort in the order of writing.
 *
 * <p><b>Threads.</b> Immutable.
 */
record FileNames(Path hidden, Path directory, String visiblePrefix, String writer, String suffix) {

  private static final String PART = ".part";
  private static final String MARK = ".owner";
  private static final Pattern HIDDEN = Pattern.compile("(\\d+-(\\d+)-\\d+)(-\\d+\\..+|)\\.\\w+");

  /** {@return the names of the writer that the context belongs to, as the n-th of its epoch} */
  static FileNames of(Path directory, LineFormat.Kind format, SinkContext context, int n) {
    Path hidden =
        directory
            .resolve(".millrace")
            .resolve(context.job() + "-" + id8(context.jobId()))
            .resolve(context.stage() + "." + context.sink() + "." + context.task());
    String visiblePrefix =
        context.job()
            + "-"
            + context.sink()
            + "-"
            + context.task()
            + "-"
            + id8(context.jobId(), context.stage(), context.sink())
            + "-";
    String writer =
        String.format(Locale.ROOT, "%d-%019d-%d", context.resetEpoch(), context.ownerEpoch(), n);
    return new FileNames(hidden, directory, visiblePrefix, writer, "." + format.extension());
  }

  private static String id8(String... parts) {
    ByteWriter bytes = new ByteWriter();
    for (String part : parts) {
      bytes.writeString(part);
    }
    return String.format(Locale.ROOT, "%08x", Hashing.murmur2(bytes.array(), 0, bytes.size()));
  }

  /** {@return the name of the writer's mark} */
  String mark() {
    return writer + MARK;
  }

  /** {@return the name of the writer's file of a number} */
  String part(int sequence) {
    return String.format(Locale.ROOT, "%s-%06d%s%s", writer, sequence, suffix, PART);
  }

  /** {@return where a file is while it is not published} */
  Path hidden(String name) {
    return hidden.resolve(name);
  }

  /** {@return where a file goes when it is published} */
  Path visible(String part) {
    return directory.resolve(visiblePrefix + part.substring(0, part.length() - PART.length()));
  }

  /** {@return whether a hidden file is of another writer, of this one's epoch or an older one} */
  boolean isOfPredecessor(String name, long ownerEpoch) {
    Matcher parts = HIDDEN.matcher(name);
    return parts.matches()
        && !parts.group(1).equals(writer)
        && Long.parseLong(parts.group(2)) <= ownerEpoch;
  }
}
