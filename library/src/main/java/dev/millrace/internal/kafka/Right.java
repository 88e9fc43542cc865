package dev.millrace.internal.kafka;

import dev.millrace.error.Place;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.resource.ResourceType;

/**
 * A right that a call to Kafka needs, since the answers of brokers do not always name it.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param operation what has to be allowed
 * @param type on what kind of resource
 * @param names on which resources; none for the cluster
 */
record Right(AclOperation operation, ResourceType type, List<String> names) {

  Right {
    names = List.copyOf(new TreeSet<>(names));
  }

  static Right onTopics(AclOperation operation, Collection<String> names) {
    return new Right(operation, ResourceType.TOPIC, List.copyOf(names));
  }

  static Right onTopicsOf(AclOperation operation, Collection<TopicPartition> partitions) {
    return onTopics(operation, partitions.stream().map(TopicPartition::topic).toList());
  }

  static Right onTopic(AclOperation operation, String name) {
    return onTopics(operation, List.of(name));
  }

  static Right onGroup(AclOperation operation, String name) {
    return new Right(operation, ResourceType.GROUP, List.of(name));
  }

  static Right onTransactionalId(AclOperation operation, String name) {
    return new Right(operation, ResourceType.TRANSACTIONAL_ID, List.of(name));
  }

  static Right onCluster(AclOperation operation) {
    return new Right(operation, ResourceType.CLUSTER, List.of());
  }

  /**
   * {@return the right whose lack a broker has reported}
   *
   * @param needed those that the call needs
   */
  static Right missing(AuthorizationException error, Collection<Right> needed) {
    ResourceType type = typeOf(error);
    Right right =
        needed.stream()
            .filter(each -> each.type() == type)
            .findFirst()
            .orElseGet(() -> onCluster(AclOperation.DESCRIBE));
    return error instanceof TopicAuthorizationException topics
            && !topics.unauthorizedTopics().isEmpty()
        ? onTopics(right.operation(), topics.unauthorizedTopics())
        : right;
  }

  private static ResourceType typeOf(AuthorizationException error) {
    if (error instanceof TopicAuthorizationException) {
      return ResourceType.TOPIC;
    }
    if (error instanceof GroupAuthorizationException) {
      return ResourceType.GROUP;
    }
    return error instanceof TransactionalIdAuthorizationException
        ? ResourceType.TRANSACTIONAL_ID
        : ResourceType.CLUSTER;
  }

  /** {@return the resources, as in {@code topic a,b}} */
  String resource() {
    return names.isEmpty() ? kind() : kind() + " " + String.join(",", names);
  }

  /** {@return the topic, if the right is on a single one} */
  Place place() {
    return type == ResourceType.TOPIC && names.size() == 1
        ? Place.ofTopic(names.get(0))
        : Place.UNKNOWN;
  }

  /** {@return the options of Kafka's tool that grant the right} */
  String options() {
    String option = " --" + kind();
    return "--operation "
        + operation
        + option
        + (names.isEmpty() ? "" : " " + String.join(option + " ", names));
  }

  private String kind() {
    return type.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
