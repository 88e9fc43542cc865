package dev.millrace.internal.kafka;

import java.util.Optional;

/**
 * A member of a group, as the group's coordinator sees it.
 *
 * @param memberId the coordinator's name for it
 * @param clientId its consumer's client id, which for workers is their transactional id
 * @param groupInstanceId its static id, if it has one
 * @param host the host it connects from
 */
public record GroupMember(
    String memberId, String clientId, Optional<String> groupInstanceId, String host) {}
