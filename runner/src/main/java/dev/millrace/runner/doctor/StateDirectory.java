package dev.millrace.runner.doctor;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The examination of the directory of local state: whether it can be written and locked, and what
 * room its disk has. It is not created if it is not there.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class StateDirectory {

  private static final String STATE = "state";
  private static final long MB = 1 << 20;
  private static final long LITTLE_BYTES = 1024 * MB;
  private static final long NOTHING_BYTES = 100 * MB;
  private static final Set<String> PASSING = Set.of("tmpfs", "ramfs", "overlay");

  private StateDirectory() {}

  static List<Finding> examine(Path directory) {
    List<Finding> findings = new ArrayList<>();
    Path path = directory.toAbsolutePath();
    Path there = path;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      findings.add(
          Finding.fail(
              STATE, there + " is no directory", "Set state.dir to one that may be written"));
      return findings;
    }
    findings.add(use(path, there));
    try {
      FileStore disk = Files.getFileStore(there);
      findings.add(room(disk.getUsableSpace(), disk.getTotalSpace()));
      if (PASSING.contains(disk.type().toLowerCase(Locale.ROOT))) {
        findings.add(
            Finding.warn(
                STATE,
                path + " is on " + disk.type() + ", which does not outlive the host or container",
                "Each start restores all state. Mount a volume there, or give the instance a name"
                    + " (instance.id)"));
      }
    } catch (IOException e) {
      findings.add(
          Finding.warn(
              STATE,
              "the disk of " + there + " cannot be asked (" + e + ")",
              "Look at it by hand"));
    }
    return findings;
  }

  private static Finding use(Path path, Path there) {
    try {
      Path trial = Files.createTempFile(there, "doctor", ".tmp");
      try (FileChannel file =
              FileChannel.open(
                  trial, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
          FileLock lock = file.tryLock()) {
        return lock == null
            ? noLock(there, "somebody else has it")
            : Finding.ok(
                STATE,
                path
                    + (there.equals(path) ? " can be" : " is not there yet and can be made,")
                    + " written and locked");
      } catch (IOException e) {
        return noLock(there, e.toString());
      }
    } catch (IOException e) {
      return Finding.fail(
          STATE,
          there + " cannot be written (" + e + ")",
          "Let the user " + System.getProperty("user.name") + " write there, or set state.dir");
    }
  }

  private static Finding noLock(Path there, String reason) {
    return Finding.fail(
        STATE,
        "files in " + there + " cannot be locked (" + reason + ")",
        "Use a local disk, or a mount with locks: instances of one host keep apart by them");
  }

  static Finding room(long freeBytes, long allBytes) {
    String text =
        String.format(Locale.ROOT, "%,d MB of %,d MB free", freeBytes / MB, allBytes / MB);
    if (freeBytes < NOTHING_BYTES) {
      return Finding.fail("disk", text, "A full disk stops the job: make room");
    }
    return freeBytes < LITTLE_BYTES
        ? Finding.warn(
            "disk", text, "A full disk stops the job: see that its state fits (status, /state)")
        : Finding.ok("disk", text);
  }
}
