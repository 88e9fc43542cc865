package dev.millrace.internal.rocksdb;

import dev.millrace.error.MillraceException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.store.DamagedStateException;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** The exceptions for RocksDB's statuses, with what to do. */
final class RocksDbErrors {

  private RocksDbErrors() {}

  /**
   * {@return the exception for a failed operation}
   *
   * @param operation verb and thing, such as "read state"
   */
  static MillraceException of(String operation, Path database, RocksDBException e) {
    String problem = "Cannot " + operation + " in " + database + ": ";
    String values = " (" + e.getMessage() + "). ";
    if (isDiskFull(e)) {
      return new StateStoreException(
          problem
              + "the disk is full"
              + values
              + "Free space there; the rows are safe in the changelog",
          e);
    }
    if (isLocked(e)) {
      return new StateStoreException(
          problem
              + "another process has it open"
              + values
              + "Stop that process, or give this one a state.dir of its own",
          e);
    }
    if (isDamage(e)) {
      return new DamagedStateException(
          problem
              + "the database is damaged"
              + values
              + "It is deleted and restored from the changelog",
          e);
    }
    return new StateStoreException(
        problem
            + "RocksDB reports an error"
            + values
            + "Check the disk and the permissions of state.dir",
        e);
  }

  private static boolean isDiskFull(RocksDBException e) {
    Status status = e.getStatus();
    return (status != null && status.getSubCode() == Status.SubCode.NoSpace)
        || contains(e, "No space left on device")
        || contains(e, "Disk quota exceeded");
  }

  private static boolean isLocked(RocksDBException e) {
    return contains(e, "lock file") || contains(e, "lock hold by current process");
  }

  private static boolean isDamage(RocksDBException e) {
    Status status = e.getStatus();
    if (status == null) {
      return false;
    }
    return switch (status.getCode()) {
      case Corruption, NotFound, NotSupported, InvalidArgument -> true;
      // A file that the manifest names is gone, or shorter than it records.
      case IOError -> contains(e, "No such file") || contains(e, "file is too short");
      default -> false;
    };
  }

  private static boolean contains(RocksDBException e, String part) {
    String message = e.getMessage();
    return message != null && message.contains(part);
  }
}
