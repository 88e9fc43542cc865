package dev.millrace.internal.admin;

import dev.millrace.admin.Eviction;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.GroupMember;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The eviction of an instance that is dead, so that nobody waits for its sessions and transactions
 * to expire.
 *
 * <p>All that an instance has in its cluster is called after it: a worker's consumer has its
 * transactional id as client id. Members go first, transactions then: a live one that is evicted by
 * mistake may begin another transaction in between, and cannot commit it without being a member.
 *
 * <p>Under the classic protocol members are static and are removed one by one. Under the consumer
 * protocol they are dynamic, and Kafka's admin client removes of those all or none: the others join
 * again at once, and repeat what they had not committed.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobEviction {

  private static final Logger LOGGER = LoggerFactory.getLogger(JobEviction.class);

  private final Cluster cluster;
  private final JobNames names;

  JobEviction(Cluster cluster, String job) {
    this.cluster = cluster;
    this.names = new JobNames(job);
  }

  Eviction execute(String instance) {
    Manifest manifest = manifest();
    String prefix = names.transactionalIdPrefix(manifest) + instance + "-";
    List<String> removed = new ArrayList<>();
    List<String> rejoining = new ArrayList<>();
    for (String stage : manifest.stages().keySet()) {
      String group = names.group(stage);
      List<GroupMember> members = cluster.groups().activeMembers(group);
      List<GroupMember> dead =
          members.stream()
              .filter(member -> isWorker(member.clientId(), prefix, Set.of(stage)))
              .toList();
      if (dead.isEmpty()) {
        continue;
      }
      if (dead.stream().allMatch(member -> member.groupInstanceId().isPresent())) {
        cluster
            .groups()
            .evict(
                group, dead.stream().flatMap(member -> member.groupInstanceId().stream()).toList());
      } else {
        cluster.groups().evictAll(group);
        if (members.size() > dead.size()) {
          rejoining.add(group);
        }
      }
      dead.forEach(member -> removed.add(member.clientId()));
    }
    Set<String> open = new TreeSet<>(cluster.transactions().openIds(prefix));
    open.removeIf(id -> !isWorker(id, prefix, manifest.stages().keySet()));
    Set<String> fenced = cluster.transactions().fenceOpen(open);
    LOGGER
        .atInfo()
        .addKeyValue("job", names.job())
        .addKeyValue("instance", instance)
        .addKeyValue("members", removed)
        .addKeyValue("transactionalIds", fenced)
        .log("Instance evicted");
    return new Eviction(names.job(), instance, removed, rejoining, List.copyOf(fenced));
  }

  /**
   * {@return whether an id is one of an instance's workers} What begins alike may be of another
   * instance: {@code a-1} is not of {@code a}.
   *
   * @param prefix what the ids of the instance start with
   * @param stages the stages that the worker may serve
   */
  static boolean isWorker(String id, String prefix, Set<String> stages) {
    int dash = id.lastIndexOf('-');
    return id.startsWith(prefix)
        && dash > prefix.length()
        && stages.contains(id.substring(prefix.length(), dash))
        && id.substring(dash + 1).chars().allMatch(Character::isDigit);
  }

  private Manifest manifest() {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      meta.refresh();
      return meta.manifest().orElseThrow(() -> JobInspector.noSuchJob(cluster, names));
    }
  }
}
