package dev.millrace.internal.kafka;

import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;

/**
 * The principals of a broker that knows its clients by the listener at which they come: {@code
 * User:job} at the one called {@code JOB}, nobody in particular at others.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class ListenerPrincipals extends DefaultKafkaPrincipalBuilder {

  static final String LISTENER = "JOB";
  static final KafkaPrincipal JOB = new KafkaPrincipal(KafkaPrincipal.USER_TYPE, "job");

  /** Creates the builder, as brokers do by the class's name. */
  public ListenerPrincipals() {
    super(null, null);
  }

  @Override
  public KafkaPrincipal build(AuthenticationContext context) {
    return context.listenerName().equals(LISTENER) ? JOB : super.build(context);
  }
}
