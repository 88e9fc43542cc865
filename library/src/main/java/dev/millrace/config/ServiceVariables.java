package dev.millrace.config;

import java.util.regex.Pattern;

/**
 * The environment variables that Kubernetes (and Docker, for links) sets in every container for
 * each service of its namespace. A service whose name begins with {@code millrace} makes variables
 * that begin as the settings do.
 *
 * <p>They are recognized by name and value: {@code MILLRACE_PORT=tcp://10.0.0.1:80} is one, {@code
 * MILLRACE_PORT=80} is a setting that does not exist and has to be refused.
 */
final class ServiceVariables {

  private static final Pattern ADDRESS_NAME =
      Pattern.compile("MILLRACE(_[A-Z0-9_]+)?_PORT(_\\d+_(TCP|UDP|SCTP))?");
  private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://.+:\\d+");
  private static final Pattern PART_OF_ADDRESS =
      Pattern.compile("MILLRACE(_[A-Z0-9_]+)?_PORT_\\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)");
  private static final Pattern HOST = Pattern.compile("MILLRACE(_[A-Z0-9_]+)?_SERVICE_HOST");
  private static final Pattern PORT =
      Pattern.compile("MILLRACE(_[A-Z0-9_]+)?_SERVICE_PORT(_[A-Z0-9_]+)?");
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  private ServiceVariables() {}

  /** {@return whether a variable describes a service, and is no setting} */
  static boolean contain(String variable, String value) {
    return PART_OF_ADDRESS.matcher(variable).matches()
        || HOST.matcher(variable).matches()
        || (ADDRESS_NAME.matcher(variable).matches() && ADDRESS.matcher(value).matches())
        || (PORT.matcher(variable).matches() && NUMBER.matcher(value).matches());
  }
}
