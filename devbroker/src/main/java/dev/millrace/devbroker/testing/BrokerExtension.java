package dev.millrace.devbroker.testing;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The JUnit extension that starts the broker before the first class that wants it, and stops it
 * after the last test of the launcher's session; see {@link WithBroker}.
 *
 * <p><b>Threads.</b> Safe for parallel test classes: all of them share one broker.
 */
public final class BrokerExtension implements BeforeAllCallback, ParameterResolver {

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(BrokerExtension.class);

  /** For JUnit. */
  public BrokerExtension() {}

  /** Starts the broker here, so that its start does not count as the time of the first test. */
  @Override
  public void beforeAll(ExtensionContext context) {
    broker(context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TestBroker.class;
  }

  @Override
  public TestBroker resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return broker(context);
  }

  /**
   * The store of the session closes what it holds at its end. That of the run is too short-lived:
   * where Surefire has several forks, each class is a run of its own.
   */
  private static TestBroker broker(ExtensionContext context) {
    TestBroker broker = TestBroker.shared();
    // Always the newest: a session within this one may have closed the former.
    context
        .getStore(ExtensionContext.StoreScope.LAUNCHER_SESSION, NAMESPACE)
        .put(TestBroker.class, new Stop(broker));
    return broker;
  }

  /** The end of a broker whose tests are over: whether it goes well is no matter of theirs. */
  private record Stop(TestBroker broker) implements AutoCloseable {

    @Override
    public void close() {
      try {
        broker.close();
      } catch (RuntimeException e) {
        System.out.println("TEST BROKER: it did not stop in good order: " + e);
      }
    }
  }
}
