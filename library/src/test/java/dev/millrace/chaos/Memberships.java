package dev.millrace.chaos;

import dev.millrace.config.MembershipProtocol;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * The group protocols that a run of the tests goes through: the default one, and both where slow
 * tests run too. {@code -Dchaos.membership=classic|consumer} chooses one.
 */
final class Memberships implements ArgumentsProvider {

  @Override
  public Stream<? extends Arguments> provideArguments(
      ParameterDeclarations parameters, ExtensionContext context) {
    String chosen = System.getProperty("chaos.membership", "");
    if (!chosen.isEmpty()) {
      return Stream.of(Arguments.of(MembershipProtocol.valueOf(chosen.toUpperCase(Locale.ROOT))));
    }
    return slowTestsRun()
        ? Stream.of(MembershipProtocol.values()).map(Arguments::of)
        : Stream.of(Arguments.of(MembershipProtocol.CLASSIC));
  }

  /** {@return whether this run is the long one} */
  static boolean slowTestsRun() {
    return !System.getProperty("test.excluded", "slow").contains("slow");
  }
}
