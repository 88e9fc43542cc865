package dev.millrace.examples.distinctwords;

import dev.millrace.examples.distinctwords.ChangeFiles.Afterwards;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The table that {@link DistinctWordsJob} writes to a directory, on the terminal.
 *
 * <pre>
 *   java -cp distinct-words.jar:runner.jar dev.millrace.examples.distinctwords.TableView [--follow] [...] DIR
 * </pre>
 *
 * <p>Prints a line {@code COUNT<TAB>WORDS} per count, ascending, to standard output, and the number
 * of distinct words to standard error. With {@code --follow} it first shows what changes while the
 * job runs: a line per change, or with {@code --redraw} the table itself, until standard input has
 * a line {@code end}; if standard input ends without it, so does the view, without a table. With
 * {@code --delete} it deletes the files that it has read.
 *
 * <p>Exit codes: 0; 1 if a change does not fit what is there, or if nobody reads the output any
 * more; 2 for wrong arguments.
 */
public final class TableView {

  private static final int MS_BETWEEN_LOOKS = 200;

  /** Ways of showing what happens on the way to the final table. */
  private enum Progress {
    HIDDEN,
    CHANGES,
    REDRAWN
  }

  private final ChangeFiles files;
  private final Progress progress;
  private final PrintStream out;
  private final CountTable table = new CountTable();
  private final Drawing drawing = new Drawing();

  private TableView(ChangeFiles files, Progress progress, PrintStream out) {
    this.files = files;
    this.progress = progress;
    this.out = out;
  }

  /** Shows a table until it is final, or its reader is gone. */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    int code = run(List.of(args), System.in, out, System.err);
    System.exit(code);
  }

  static int run(List<String> args, InputStream in, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    List<String> rest = new ArrayList<>(args);
    boolean follow = rest.remove("--follow");
    boolean redraw = rest.remove("--redraw");
    boolean delete = rest.remove("--delete");
    if (rest.size() != 1 || rest.get(0).startsWith("--") || redraw && !follow) {
      err.println("Usage: TableView [--follow [--redraw]] [--delete] DIR");
      return 2;
    }
    ChangeFiles files =
        new ChangeFiles(Path.of(rest.get(0)), delete ? Afterwards.DELETE : Afterwards.KEEP);
    Progress progress = !follow ? Progress.HIDDEN : redraw ? Progress.REDRAWN : Progress.CHANGES;
    TableView view = new TableView(files, progress, out);
    try {
      return (!follow || view.follow(in)) && view.end(err) ? 0 : 1;
    } catch (IllegalStateException e) {
      out.flush();
      err.println("distinct-words: " + e.getMessage());
      return 1;
    }
  }

  /** {@return whether the table is final now} */
  private boolean follow(InputStream in) throws IOException, InterruptedException {
    CompletableFuture<Optional<String>> word = CompletableFuture.supplyAsync(() -> firstLine(in));
    while (!isThere(word)) {
      show();
      if (out.checkError()) {
        return false;
      }
    }
    return word.join().equals(Optional.of("end"));
  }

  private static boolean isThere(CompletableFuture<?> word) throws InterruptedException {
    try {
      word.get(MS_BETWEEN_LOOKS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    }
  }

  private static Optional<String> firstLine(InputStream in) {
    try {
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      return Optional.ofNullable(lines.readLine());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void show() throws IOException {
    boolean changed =
        files.readNew(
            change -> {
              table.apply(change);
              if (progress == Progress.CHANGES) {
                out.println(change);
              }
            });
    if (changed && progress == Progress.REDRAWN) {
      out.print(drawing.over(table));
    }
  }

  /** {@return whether somebody has read all of it} */
  private boolean end(PrintStream err) throws IOException {
    show();
    table.checkComplete();
    out.flush();
    err.printf(
        "distinct-words: %d distinct words, %d counts%n", table.words(), table.rows().size());
    err.flush();
    table.rows().forEach((count, words) -> out.println(count + "\t" + words));
    return !out.checkError();
  }
}
