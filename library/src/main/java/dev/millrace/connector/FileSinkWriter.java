package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writer of the files of one task.
 *
 * <p>Kafka fences transactions, not inodes: a paused owner may wake up at any time and write on. So
 * nobody ever touches the content of a file that another writer made, and of a file only as much
 * counts as a committed frame lists.
 *
 * <ul>
 *   <li>I1 A file that a frame lists was forced, and so was its name, before the frame was sent.
 *   <li>I2 A file that a frame lists as closed is written to by nobody any more; every owner that
 *       knows that the frame was committed may rename it.
 *   <li>I3 Of a file that a frame lists as open, the first {@code length} bytes never change. A
 *       successor copies them; it neither appends, truncates nor renames.
 *   <li>I4 Files of others are deleted only after an own commit, and only of epochs up to the own
 *       one: an owner that takes over after that commit has a higher epoch, so none of them can be
 *       in a frame that counts.
 *   <li>I5 After any failure of the disk the writer does nothing more; the successor starts from
 *       what is committed. In particular a failed force is never tried again: the page may be gone
 *       and the second attempt succeed.
 * </ul>
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class FileSinkWriter<T> implements SinkWriter<T> {

  private static final int BUFFER_BYTES = 1 << 16;

  /** Names of closed files go into the commit frame, which has to stay small. */
  private static final int MAX_CLOSED_PER_COMMIT = 1_000;

  /** A file that is being written; its name is in the hidden directory. */
  private static final class OpenFile {
    final String name;
    final FileChannel channel;
    final long sinceMs;
    final byte @Nullable [] inheritedHead;
    long written;

    OpenFile(String name, FileChannel channel, long sinceMs, byte @Nullable [] inheritedHead) {
      this.name = name;
      this.channel = channel;
      this.sinceMs = sinceMs;
      this.inheritedHead = inheritedHead;
    }
  }

  private final SinkContext context;
  private final FileSink.Rolling rolling;
  private final Disk disk;
  private final FileNames names;
  private final LineFormat format;
  private final ByteWriter line = new ByteWriter(256);
  private final ByteWriter buffer = new ByteWriter(BUFFER_BYTES + 1024);
  private final List<String> closed = new ArrayList<>();

  private @Nullable OpenFile current;
  private int sequence;
  private boolean namesChanged;
  private boolean ending;
  private boolean headChecked = true;
  private boolean cleaned;
  private @Nullable StateStoreException failure;

  private FileSinkWriter(
      SinkContext context,
      FileSink.Rolling rolling,
      Disk disk,
      FileNames names,
      LineFormat format) {
    this.context = context;
    this.rolling = rolling;
    this.disk = disk;
    this.names = names;
    this.format = format;
  }

  // ------------------------------------------------------------------ open

  /** Opens the writer of a task: publishes what was committed, and takes the open file over. */
  static <T> FileSinkWriter<T> open(
      SinkContext context,
      Path directory,
      LineFormat.Kind kind,
      FileSink.Rolling rolling,
      Disk disk) {
    FileNames names = FileNames.of(directory, kind, context, 0);
    PreparedFiles committed = committed(context, directory);
    try {
      makeDirectories(names, disk);
      if (committed != null && !Files.exists(names.hidden(committed.owner()))) {
        throw unreachable(names, committed);
      }
      names = claim(directory, kind, context, disk);
    } catch (IOException e) {
      throw failed("prepare directory", names.hidden(), e);
    }
    FileSinkWriter<T> writer =
        new FileSinkWriter<>(context, rolling, disk, names, kind.format(context));
    if (committed != null) {
      try {
        writer.takeOver(committed);
      } catch (RuntimeException e) {
        writer.letGo();
        throw e;
      }
    }
    return writer;
  }

  private static @Nullable PreparedFiles committed(SinkContext context, Path directory) {
    byte[] state = context.committedState();
    if (state.length == 0) {
      return null;
    }
    try {
      return PreparedFiles.decode(state);
    } catch (MalformedBytesException e) {
      throw new StateStoreException(
          "Cannot continue sink '"
              + context.sink()
              + "' in "
              + directory
              + ": "
              + e.getMessage()
              + ". Another kind of sink had this name: give this one another with .name(...), or"
              + " reset the job",
          Place.ofStep(context.sink()),
          e);
    }
  }

  private static void makeDirectories(FileNames names, Disk disk) throws IOException {
    Path directory = names.directory();
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new ConfigurationException(
          "Cannot write files into " + directory + ": it is no directory. Choose another one");
    }
    if (!Files.exists(names.hidden())) {
      disk.createDirectories(names.hidden());
      Path made = names.hidden();
      while (made != null && !made.equals(directory)) {
        made = made.getParent();
        if (made != null) {
          disk.forceDirectory(made);
        }
      }
      Path above = directory.toAbsolutePath().getParent();
      if (above != null) {
        disk.forceDirectory(above);
      }
    }
  }

  /** Makes the writer's mark, which shows successors that they look at the same file system. */
  private static FileNames claim(
      Path directory, LineFormat.Kind kind, SinkContext context, Disk disk) throws IOException {
    for (int n = 0; ; n++) {
      FileNames names = FileNames.of(directory, kind, context, n);
      try {
        disk.create(names.hidden(names.mark())).close();
        disk.forceDirectory(names.hidden());
        return names;
      } catch (FileAlreadyExistsException e) {
        // Another owner has the same epoch, by a clock that differs: take the next number.
      }
    }
  }

  private static StateStoreException unreachable(FileNames names, PreparedFiles committed) {
    return new StateStoreException(
        "Cannot continue the output in "
            + names.directory()
            + ": what was committed and is not published yet is not there (looked for "
            + names.hidden(committed.owner())
            + "; it was written in "
            + committed.directory()
            + "). Let all instances write to one shared file system, start again where the"
            + " directory is, or reset the job");
  }

  private void takeOver(PreparedFiles committed) {
    publish(committed.closed());
    PreparedFiles.Open open = committed.open();
    if (open != null) {
      Path from = names.hidden(open.name());
      try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ)) {
        copy(source, open);
      } catch (IOException e) {
        throw broken(lost(from, e));
      }
    }
  }

  /** I3. */
  private void copy(FileChannel source, PreparedFiles.Open open) throws IOException {
    OpenFile copy = create(open.sinceMs(), read(source, 0, open.length()).array());
    current = copy;
    headChecked = false;
    while (copy.written < open.length()) {
      append(copy, read(source, copy.written, open.length()));
    }
  }

  /** {@return the bytes from a position up to a limit, or as many as one buffer takes} */
  private static ByteBuffer read(FileChannel source, long from, long limit) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, limit - from));
    while (bytes.hasRemaining()) {
      if (source.read(bytes, from + bytes.position()) < 0) {
        throw new IOException(
            "it has fewer bytes than were committed (" + source.size() + " of " + limit + ")");
      }
    }
    return bytes.flip();
  }

  // ------------------------------------------------------------------ write

  @Override
  public void write(T value, long timeMs) {
    checkUsable();
    line.clear();
    format.append(value, line);
    OpenFile file = fileFor(value);
    buffer.writeBytes(line.array(), 0, line.size());
    if (buffer.size() >= BUFFER_BYTES) {
      flush(file);
    }
    if (isFull(file) && closed.size() < MAX_CLOSED_PER_COMMIT) {
      close(file);
    }
  }

  private OpenFile fileFor(T value) {
    OpenFile file = current;
    if (file != null && headChecked) {
      return file;
    }
    byte[] header = format.header(value);
    if (file != null && !startsWith(file.inheritedHead, header)) {
      // A new version of the program has other columns.
      close(file);
      file = null;
    }
    headChecked = true;
    if (file == null) {
      file = create(context.clockMs(), null);
      current = file;
      buffer.writeBytes(header);
    }
    return file;
  }

  private static boolean startsWith(byte @Nullable [] head, byte[] header) {
    if (head == null || head.length < header.length) {
      return header.length == 0;
    }
    for (int i = 0; i < header.length; i++) {
      if (head[i] != header[i]) {
        return false;
      }
    }
    return true;
  }

  private OpenFile create(long sinceMs, byte @Nullable [] head) {
    sequence++;
    String name = names.part(sequence);
    FileChannel channel;
    try {
      channel = disk.create(names.hidden(name));
    } catch (IOException e) {
      throw broken("create", names.hidden(name), e);
    }
    namesChanged = true;
    return new OpenFile(name, channel, sinceMs, head);
  }

  private void flush(OpenFile file) {
    if (buffer.size() == 0) {
      return;
    }
    append(file, ByteBuffer.wrap(buffer.array(), 0, buffer.size()));
    buffer.clear();
  }

  private void append(OpenFile file, ByteBuffer bytes) {
    int count = bytes.remaining();
    try {
      disk.write(file.channel, bytes);
    } catch (IOException e) {
      throw broken("write", names.hidden(file.name), e);
    }
    file.written += count;
  }

  private void force(OpenFile file) {
    flush(file);
    try {
      disk.force(file.channel);
    } catch (IOException e) {
      throw broken("force to disk", names.hidden(file.name), e);
    }
  }

  private boolean isFull(OpenFile file) {
    return file.written + buffer.size() >= rolling.atBytes();
  }

  private boolean isOld(OpenFile file, long clockMs) {
    return clockMs - file.sinceMs >= rolling.every().toMillis();
  }

  private void close(OpenFile file) {
    force(file);
    current = null;
    try {
      file.channel.close();
    } catch (IOException e) {
      throw broken("close", names.hidden(file.name), e);
    }
    closed.add(file.name);
  }

  // ------------------------------------------------------------------ commit

  @Override
  public boolean wantsCommit(long clockMs) {
    OpenFile file = current;
    return failure == null && file != null && isOld(file, clockMs);
  }

  @Override
  public byte[] prepare() {
    checkUsable();
    OpenFile file = current;
    if (file != null && (ending || isFull(file) || isOld(file, context.clockMs()))) {
      close(file);
      file = null;
    }
    if (file != null) {
      force(file);
    }
    if (namesChanged) {
      try {
        disk.forceDirectory(names.hidden());
      } catch (IOException e) {
        throw broken("force to disk", names.hidden(), e);
      }
      namesChanged = false;
    }
    closed.forEach(this::checkExists);
    if (file != null) {
      checkExists(file.name);
    }
    return new PreparedFiles(
            names.directory().toAbsolutePath().toString(),
            names.mark(),
            closed,
            file == null ? null : new PreparedFiles.Open(file.name, file.written, file.sinceMs))
        .encode();
  }

  /** Somebody may have cleared the hidden directory under our hands. */
  private void checkExists(String name) {
    if (!Files.exists(names.hidden(name))) {
      throw broken("commit", names.hidden(name), new NoSuchFileException("it was deleted"));
    }
  }

  @Override
  public void commit() {
    checkUsable();
    publish(closed);
    closed.clear();
    if (!cleaned) {
      cleaned = true;
      deleteFilesOfPredecessors();
    }
  }

  /**
   * I2. A file that is not there any more was published before; readers may have taken it away. One
   * whose existence the file system cannot determine is none of these.
   */
  private void publish(List<String> parts) {
    for (String part : parts) {
      Path from = names.hidden(part);
      Path to = names.visible(part);
      try {
        if (!Files.notExists(from)) {
          if (!Files.notExists(to)) {
            throw new FileAlreadyExistsException("somebody else made " + to);
          }
          disk.move(from, to);
        }
      } catch (NoSuchFileException e) {
        // A successor, or the owner we took over from, was quicker.
      } catch (IOException e) {
        throw broken("publish", to, e);
      }
    }
    if (!parts.isEmpty()) {
      try {
        disk.forceDirectory(names.directory());
      } catch (IOException e) {
        throw broken("force to disk", names.directory(), e);
      }
    }
  }

  /** I4. */
  private void deleteFilesOfPredecessors() {
    try {
      for (Path file : Disk.list(names.hidden())) {
        if (names.isOfPredecessor(file.getFileName().toString(), context.ownerEpoch())) {
          disk.delete(file);
        }
      }
    } catch (IOException e) {
      // They take space and do no harm; the next owner tries again.
    }
  }

  @Override
  public void endOfInput() {
    ending = true;
  }

  /**
   * Nothing is deleted: the outcome of the last transaction may be unknown, and its files count if
   * it did commit.
   */
  @Override
  public void abort() {
    letGo();
  }

  @Override
  public void close() {
    letGo();
  }

  private void letGo() {
    OpenFile file = current;
    current = null;
    if (failure == null) {
      failure = new StateStoreException("Cannot use a file sink's writer: it is closed");
    }
    if (file != null) {
      try {
        file.channel.close();
      } catch (IOException e) {
        // What was committed of it was forced before.
      }
    }
  }

  // ------------------------------------------------------------------ failures

  private void checkUsable() {
    StateStoreException known = failure;
    if (known != null) {
      throw known;
    }
  }

  /** I5. */
  private StateStoreException broken(String verb, Path file, IOException cause) {
    return broken(failed(verb, file, cause));
  }

  private StateStoreException broken(StateStoreException exception) {
    failure = exception;
    return exception;
  }

  private static StateStoreException lost(Path file, IOException cause) {
    return new StateStoreException(
        "Cannot take over "
            + file
            + ": "
            + cause
            + ". It has committed output that is not published yet: restore the file, or reset the"
            + " job",
        cause);
  }

  private static StateStoreException failed(String verb, Path file, IOException cause) {
    String reason = String.valueOf(cause.getMessage());
    boolean full =
        reason.contains("No space left on device") || reason.contains("Disk quota exceeded");
    return new StateStoreException(
        "Cannot "
            + verb
            + " "
            + file
            + ": "
            + (full ? "the disk is full" : cause.toString())
            + (full ? " (" + reason + ")" : "")
            + ". "
            + (full ? "Free space there" : "Check the disk and its permissions")
            + " and start again; nothing that was committed is lost",
        cause);
  }
}
