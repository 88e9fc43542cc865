package dev.millrace.devbroker.testing;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The JUnit extension that starts the broker before the first class that wants it, and stops it
 * after the last test; see {@link WithBroker}.
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

  /** The root store closes what it holds at the end of the run. */
  private static TestBroker broker(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(TestBroker.class, key -> TestBroker.shared(), TestBroker.class);
  }
}
