package dev.millrace.admin;

import java.util.List;

/**
 * The eviction of an instance: the memberships and transactions that it left, which nobody has to
 * wait for any more.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job
 * @param instance the instance's name in reports and transactional ids
 * @param members the members that were removed from the groups of the job's stages, by their client
 *     ids
 * @param rejoining the groups whose other members were removed too, and join again by themselves
 * @param fenced the transactional ids whose open transactions were ended
 */
public record Eviction(
    String job,
    String instance,
    List<String> members,
    List<String> rejoining,
    List<String> fenced) {

  /** Copies the lists. */
  public Eviction {
    members = List.copyOf(members);
    rejoining = List.copyOf(rejoining);
    fenced = List.copyOf(fenced);
  }

  /** {@return whether nothing was left of the instance} */
  public boolean isEmpty() {
    return members.isEmpty() && fenced.isEmpty();
  }
}
