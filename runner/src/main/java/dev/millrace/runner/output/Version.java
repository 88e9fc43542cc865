package dev.millrace.runner.output;

import java.util.Optional;
import org.apache.kafka.common.utils.AppInfoParser;

/** The versions of what runs here. */
public final class Version {

  private Version() {}

  /** {@return that of the jar, or that there is none} */
  public static String ofMillrace() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("(not from a jar)");
  }

  /** {@return that of Kafka's client} */
  public static String ofKafkaClient() {
    return AppInfoParser.getVersion();
  }

  /** {@return that of the JVM} */
  public static String ofJava() {
    return String.valueOf(System.getProperty("java.version"));
  }
}
