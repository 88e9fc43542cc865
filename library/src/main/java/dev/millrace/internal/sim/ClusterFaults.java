package dev.millrace.internal.sim;

import org.apache.kafka.common.TopicPartition;

/**
 * The faults of the cluster other than those of commits; by default there are none.
 *
 * <p><b>Threads.</b> Called by the thread that makes the call which goes wrong.
 */
public interface ClusterFaults {

  /** Nothing ever goes wrong. */
  ClusterFaults NEVER = new ClusterFaults() {};

  /**
   * {@return whether another replica becomes the leader of a partition that a transaction has
   * written to, before the marker that ends the transaction there}
   */
  default boolean electsLeaderBeforeMarker(TopicPartition partition) {
    return false;
  }

  /**
   * {@return whether a partition that a transaction has written to loses its leader just before its
   * owner ends the transaction} The coordinator then leaves the marker out there and completes the
   * transaction all the same, as that of brokers from 4.3.0 on does (KAFKA-20734).
   */
  default boolean losesLeaderBeforeMarker(TopicPartition partition) {
    return false;
  }

  /** {@return whether producers have not noticed yet that brokers have closed connections} */
  default boolean hidesClosedConnections() {
    return false;
  }

  /**
   * {@return whether a partition has no leader at present} It is not written to then, and
   * transactions end without a marker there, whatever ends them. What is in it can be read.
   */
  default boolean isWithoutLeader(TopicPartition partition) {
    return false;
  }

  /**
   * {@return what goes wrong with a call of an admin client}
   *
   * @param name the call, as the admin interface spells it
   */
  default AdminFault ofAdminCall(String name) {
    return AdminFault.NONE;
  }

  /**
   * {@return whether a right on the cluster is missing that a call of an admin client needs}
   *
   * @param name the call, as the admin interface spells it, or {@code writeTxnMarkers}
   */
  default boolean isForbidden(String name) {
    return false;
  }

  /**
   * {@return whether the coordinator of a group or of a transactional id is on its way to another
   * broker, so that no broker can answer for it}
   */
  default boolean isCoordinatorMoving(String id) {
    return false;
  }

  /**
   * {@return whether a group goes on without a member while an assignment is on its way to it that
   * brings it partitions besides those that it has}
   *
   * <p>The member's listener is called as clients of 4.3 call it in the consumer protocol: the new
   * partitions are assigned, and then those are lost that it had before, which leaves it none.
   */
  default boolean fencesAmidAssignment(String group) {
    return false;
  }

  /**
   * {@return with which poll a member comes back without which a group goes on while an assignment
   * is on its way to it that brings it its first partitions, the next one being 1; 0 if the group
   * does not go on without it}
   *
   * <p>Nothing is reported as lost then, as clients of 4.3 have it in the consumer protocol: the
   * member keeps the partitions until, after its return, an assignment comes without them.
   */
  default int fencesAmidFirstAssignment(String group) {
    return 0;
  }
}
