package dev.millrace.config;

/** The group protocol by which instances share the tasks of a stage. */
public enum MembershipProtocol {
  /** Client-side, state-aware assignment with failover below a second. */
  CLASSIC,
  /** Broker-side assignment (KIP-848); session and heartbeat times are the broker's. */
  CONSUMER
}
