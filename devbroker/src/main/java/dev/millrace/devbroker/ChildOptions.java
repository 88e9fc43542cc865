package dev.millrace.devbroker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The launch options of a {@link ChildKafka}.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * @param broker what the cluster looks like
 * @param jar the jar to run, such as {@code devbroker.jar}; empty takes the class path of this JVM
 * @param jvmOptions options of the child JVM, after (and so over) the ones of this module
 * @param cacheDirectory where class archives are kept; it may be missing or not writable, which
 *     costs start-up time only
 */
public record ChildOptions(
    BrokerOptions broker, Optional<Path> jar, List<String> jvmOptions, Path cacheDirectory) {

  /** Copies the list. */
  public ChildOptions {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /**
   * {@return a child from the class path of this JVM, with the cache in the user's cache directory}
   *
   * @param broker what the cluster looks like
   */
  public static ChildOptions of(BrokerOptions broker) {
    return new ChildOptions(broker, Optional.empty(), List.of(), userCache());
  }

  /**
   * {@return these options with the broker's classes from a jar}
   *
   * @param file a jar with {@link BrokerMain} and all it needs
   */
  public ChildOptions withJar(Path file) {
    return new ChildOptions(broker, Optional.of(file), jvmOptions, cacheDirectory);
  }

  /**
   * {@return these options with one JVM option more}
   *
   * @param option for example {@code -Xmx1g}
   */
  public ChildOptions withJvmOption(String option) {
    List<String> more = new ArrayList<>(jvmOptions);
    more.add(option);
    return new ChildOptions(broker, jar, more, cacheDirectory);
  }

  /**
   * {@return these options with another cache}
   *
   * @param directory made if it is missing
   */
  public ChildOptions withCacheDirectory(Path directory) {
    return new ChildOptions(broker, jar, jvmOptions, directory);
  }

  private static Path userCache() {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path caches =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home", "."), ".cache")
            : Path.of(configured);
    return caches.resolve("millrace");
  }
}
