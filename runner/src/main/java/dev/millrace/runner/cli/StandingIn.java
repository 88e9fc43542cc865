package dev.millrace.runner.cli;

import dev.millrace.config.JobConfig;
import dev.millrace.runner.http.StandInServer;
import dev.millrace.runner.supervise.ChildFailure;
import dev.millrace.runner.supervise.StandIn;
import dev.millrace.runner.supervise.Supervision;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The answers of a supervisor while its instance is dead and waits for its next start.
 *
 * @param config the settings of the instance
 */
record StandingIn(JobConfig config) implements StandIn {

  @Override
  public Answering open(InetSocketAddress address, Supplier<Supervision> supervision) {
    Optional<StandInServer> server =
        StandInServer.start(address, config, () -> absence(supervision.get()));
    return () -> server.ifPresent(StandInServer::close);
  }

  private static StandInServer.Absence absence(Supervision supervision) {
    String who = supervision.instance().map(name -> " " + name).orElse("");
    String of = supervision.job().map(job -> " of job " + job).orElse("");
    String how =
        supervision
            .past()
            .lastFailure()
            .map(ChildFailure::inWords)
            .map(words -> " has ended " + words)
            .orElse(" is not there");
    return new StandInServer.Absence(
        "Not healthy: the instance"
            + who
            + of
            + how
            + " ("
            + supervision.past().restarts()
            + " restarts before)",
        supervision.nextStart().orElseGet(Instant::now));
  }
}
