package dev.millrace.admin;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The task of a reset: which sources it moves, and where to.
 *
 * <p><b>Contract.</b> A reset always drops all state and all records between stages. The scope
 * limits only which source partitions are moved: the others continue from where they are, and what
 * they contributed to the old state is gone. The topics of tables ({@code Job.table}) are read from
 * their beginning again, whatever the target and the scope: the rows are part of the state.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Example.</b> {@code ResetRequest.to(new ResetTarget.Earliest())}
 *
 * @param target where offsets go
 * @param scope the source topics whose offsets move, each with its partitions (none means all of
 *     them); empty means every source of the job
 */
public record ResetRequest(ResetTarget target, Map<String, Set<Integer>> scope) {

  /** Copies the scope. */
  public ResetRequest {
    Map<String, Set<Integer>> copy = new TreeMap<>();
    scope.forEach((topic, partitions) -> copy.put(topic, new TreeSet<>(partitions)));
    scope = Collections.unmodifiableMap(copy);
  }

  /** {@return a reset of all sources} */
  public static ResetRequest to(ResetTarget target) {
    return new ResetRequest(target, Map.of());
  }

  /**
   * {@return this request for one more topic}
   *
   * @param partitions the partitions to move; none means all of them
   */
  public ResetRequest onlyTopic(String topic, Set<Integer> partitions) {
    Map<String, Set<Integer>> more = new TreeMap<>(scope);
    more.put(topic, partitions);
    return new ResetRequest(target, more);
  }
}
