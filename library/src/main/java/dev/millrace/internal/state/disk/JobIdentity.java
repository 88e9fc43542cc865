package dev.millrace.internal.state.disk;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The job that local state belongs to, and the job's life between two resets.
 *
 * @param name the job's name
 * @param uuid minted once when the job was first started
 * @param resetEpoch how often it has been reset since
 */
public record JobIdentity(String name, UUID uuid, int resetEpoch) {

  /** Names become directories: nothing else may get through. */
  static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  /** Checks the name. */
  public JobIdentity {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "Cannot name a job '" + name + "': names match ^[a-z0-9][a-z0-9-]{0,62}$");
    }
  }

  /** {@return the first 8 hexadecimal digits of the uuid, as in names of files and ids} */
  public String job8() {
    return uuid.toString().substring(0, 8);
  }
}
