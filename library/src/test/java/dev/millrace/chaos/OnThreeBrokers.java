package dev.millrace.chaos;

import dev.millrace.config.MembershipProtocol;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * The ground of the tests in which brokers move: three of them for a class, whole again before each
 * test, and copies under both group protocols.
 */
@Tag("slow")
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
abstract class OnThreeBrokers {

  static ThreeBrokers brokers;

  @Parameter MembershipProtocol membership;

  /** For the state of copies. */
  @TempDir Path directory;

  @BeforeAll
  static void start() {
    brokers = ThreeBrokers.start();
  }

  @AfterAll
  static void stop() {
    brokers.close();
  }

  @BeforeEach
  void heal() {
    brokers.heal();
  }

  /** Makes the topics of a job and starts to feed it. */
  final Ledger ledger(long seed, int perSecond) {
    return Ledger.start(brokers.client(), seed, perSecond).under(membership);
  }
}
