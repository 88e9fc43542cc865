package dev.millrace.config;

import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The settings whose values must not be shown.
 *
 * <p>Kafka's own clients treat these keys as passwords. A value that only refers to a secret, such
 * as {@code ${env:KEYSTORE_PASS}}, is shown.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class SecretSettings {

  private static final String MASK = "********";
  private static final Pattern SECRET_KEY =
      Pattern.compile(
          ".*(password|passwd|secret|jaas|credential|passphrase|private|user\\.info|api\\.?key"
              + "|access\\.?key|token$|\\.token\\.(?!endpoint)"
              + "|ssl\\.keystore\\.key$|certificate\\.chain$|truststore\\.certificates$).*");
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{[^}]+}");

  /** Every start asks for all settings with names of their own, several times. */
  private static final Map<String, Boolean> NAMED =
      ConfigKeys.table().keySet().stream()
          .collect(Collectors.toUnmodifiableMap(key -> key, SecretSettings::isSecret));

  private SecretSettings() {}

  private static boolean isSecret(String key) {
    return SECRET_KEY.matcher(key).matches();
  }

  /** {@return the value, or a mask in its place} */
  static String shown(String key, String value) {
    Boolean named = NAMED.get(key);
    boolean secret = named != null ? named : isSecret(key);
    return secret && !value.isEmpty() && !REFERENCE.matcher(value).matches() ? MASK : value;
  }
}
