package dev.millrace.devbroker.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class's request for the broker of this test run, as a parameter of type {@link
 * TestBroker}.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * @WithBroker
 * final class CommitTest {
 *   @Test
 *   void survivesALostResponse(TestBroker broker) { ... }
 * }
 * }</pre>
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(BrokerExtension.class)
public @interface WithBroker {}
