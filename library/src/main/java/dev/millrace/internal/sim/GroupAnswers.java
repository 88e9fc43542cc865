package dev.millrace.internal.sim;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.admin.AlterConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DeleteConsumerGroupsResult;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.MemberAssignment;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupResult;
import org.apache.kafka.clients.admin.internals.CoordinatorKey;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.protocol.Errors;

/**
 * The answers to an admin client's calls about groups.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class GroupAnswers {

  private static final int SHOWN_ASSIGNMENT_EPOCH = 0;

  private final SimKafka kafka;

  GroupAnswers(SimKafka kafka) {
    this.kafka = kafka;
  }

  DescribeConsumerGroupsResult describe(Collection<String> ids) {
    return new DescribeConsumerGroupsResult(
        AdminCall.begin(kafka, "describeConsumerGroups")
            .<String, ConsumerGroupDescription>answers(ids, ofGroup(this::description)));
  }

  /** {@return what a call does with a group, provided that its coordinator is where it was} */
  private <V> Function<String, KafkaFuture<V>> ofGroup(Function<String, KafkaFuture<V>> answer) {
    return id -> kafka.clusterFaults().isCoordinatorMoving(id) ? moving(id) : answer.apply(id);
  }

  private static <V> KafkaFuture<V> moving(String id) {
    return AdminResults.failed(
        new TimeoutException("The coordinator of " + id + " is not available"));
  }

  private KafkaFuture<ConsumerGroupDescription> description(String id) {
    SimGroup group = kafka.groupOrNull(id);
    return group == null ? notFound(id) : KafkaFuture.completedFuture(description(id, group));
  }

  private static ConsumerGroupDescription description(String id, SimGroup group) {
    List<MemberDescription> members = new ArrayList<>();
    for (SimGroup.Member member : group.members()) {
      members.add(
          new MemberDescription(
              member.memberId(),
              member.side().instanceId(),
              Optional.empty(),
              member.side().clientId(),
              "simulated",
              new MemberAssignment(Set.of()),
              Optional.empty(),
              Optional.empty(),
              Optional.empty()));
    }
    return new ConsumerGroupDescription(
        id,
        false,
        members,
        "",
        GroupType.CLASSIC,
        members.isEmpty() ? GroupState.EMPTY : GroupState.STABLE,
        SimKafka.NODE,
        Set.of(),
        Optional.of(group.generation()),
        Optional.of(SHOWN_ASSIGNMENT_EPOCH));
  }

  /** Offsets that an open transaction is about to change are left out where stable ones count. */
  ListConsumerGroupOffsetsResult offsets(
      Map<String, ListConsumerGroupOffsetsSpec> questions, boolean stable) {
    Map<CoordinatorKey, KafkaFuture<Map<TopicPartition, OffsetAndMetadata>>> answers =
        new HashMap<>();
    AdminCall.begin(kafka, "listConsumerGroupOffsets")
        .<String, Map<TopicPartition, OffsetAndMetadata>>answers(
            questions.keySet(),
            ofGroup(id -> offsets(id, requireNonNull(questions.get(id)), stable)))
        .forEach((id, answer) -> answers.put(CoordinatorKey.byGroupId(id), answer));
    return AdminResults.make(ListConsumerGroupOffsetsResult.class, answers);
  }

  private KafkaFuture<Map<TopicPartition, OffsetAndMetadata>> offsets(
      String id, ListConsumerGroupOffsetsSpec spec, boolean stable) {
    SimGroup group = kafka.group(id);
    Collection<TopicPartition> asked = spec.topicPartitions();
    Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>();
    for (TopicPartition partition : asked == null ? group.offsets().keySet() : asked) {
      if (!stable || !kafka.isPending(group, partition)) {
        found.put(partition, group.offsets().get(partition));
      }
    }
    return KafkaFuture.completedFuture(found);
  }

  AlterConsumerGroupOffsetsResult alter(String id, Map<TopicPartition, OffsetAndMetadata> offsets) {
    return AdminResults.make(
        AlterConsumerGroupOffsetsResult.class,
        AdminCall.begin(kafka, "alterConsumerGroupOffsets")
            .answer(
                () ->
                    this.<Map<TopicPartition, Errors>>ofGroup(group -> altered(group, offsets))
                        .apply(id)));
  }

  private KafkaFuture<Map<TopicPartition, Errors>> altered(
      String id, Map<TopicPartition, OffsetAndMetadata> offsets) {
    SimGroup group = kafka.group(id);
    Errors outcome = group.members().isEmpty() ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
    if (outcome == Errors.NONE) {
      group.put(offsets);
    }
    Map<TopicPartition, Errors> outcomes = new HashMap<>();
    offsets.keySet().forEach(partition -> outcomes.put(partition, outcome));
    return KafkaFuture.completedFuture(outcomes);
  }

  DeleteConsumerGroupsResult delete(Collection<String> ids) {
    return AdminResults.make(
        DeleteConsumerGroupsResult.class,
        AdminCall.begin(kafka, "deleteConsumerGroups")
            .<String, Void>answers(ids, ofGroup(this::delete)));
  }

  private KafkaFuture<Void> delete(String id) {
    SimGroup group = kafka.groupOrNull(id);
    if (group == null) {
      return notFound(id);
    }
    if (!group.members().isEmpty()) {
      return AdminResults.failed(new GroupNotEmptyException("The group is not empty."));
    }
    kafka.deleteGroup(id);
    return AdminResults.done();
  }

  RemoveMembersFromConsumerGroupResult remove(
      String id, RemoveMembersFromConsumerGroupOptions options) {
    return AdminResults.make(
        RemoveMembersFromConsumerGroupResult.class,
        AdminCall.begin(kafka, "removeMembersFromConsumerGroup")
            .answer(
                () ->
                    this.<Map<MemberIdentity, Errors>>ofGroup(group -> removed(group, options))
                        .apply(id)),
        options.members());
  }

  private KafkaFuture<Map<MemberIdentity, Errors>> removed(
      String id, RemoveMembersFromConsumerGroupOptions options) {
    SimGroup group = kafka.group(id);
    Map<MemberIdentity, Errors> outcomes = new HashMap<>();
    Set<String> wanted = new HashSet<>();
    for (MemberToRemove member : options.members()) {
      wanted.add(member.groupInstanceId());
      outcomes.put(
          new MemberIdentity().setGroupInstanceId(member.groupInstanceId()).setMemberId(""),
          Errors.NONE);
    }
    for (SimGroup.Member member : List.copyOf(group.members())) {
      if (member.side().instanceId().map(wanted::contains).orElse(options.removeAll())) {
        group.remove(member.memberId());
      }
    }
    return KafkaFuture.completedFuture(outcomes);
  }

  private static <T> KafkaFuture<T> notFound(String id) {
    return AdminResults.failed(new GroupIdNotFoundException("Group " + id + " not found."));
  }
}
