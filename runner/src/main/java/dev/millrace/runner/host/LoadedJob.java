package dev.millrace.runner.host;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import dev.millrace.runner.output.Terminal;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * A job from a jar, or from a class on the class path.
 *
 * <p>The jar's classes come after those of the runner: a process serves one job, so there is
 * nothing to keep apart.
 *
 * @param job the job
 * @param classes its class loader, to be closed when the job has ended
 */
public record LoadedJob(Job job, URLClassLoader classes) implements AutoCloseable {

  private static final String ATTRIBUTE = "Millrace-Job";

  /**
   * {@return the job}
   *
   * @param what a jar, or the name of a class
   * @param chosen the class in the jar; empty for the one that the jar's manifest names
   * @param arguments for the job, which has to use all of them
   * @throws ConfigurationException if there is no job in it
   */
  public static LoadedJob load(
      String what, Optional<String> chosen, JobArguments arguments, Terminal terminal) {
    boolean isFile = what.endsWith(".jar") || what.contains(File.separator);
    if (!isFile && chosen.isPresent()) {
      throw new ConfigurationException(
          "Cannot load job "
              + what
              + ": --class "
              + chosen.get()
              + " chooses a class of a jar, and this is no jar. Give the one or the other.");
    }
    Path jar = Path.of(what);
    if (isFile && !Files.isRegularFile(jar)) {
      throw new ConfigurationException(
          "Cannot load job "
              + what
              + ": there is no such file. The path is relative to "
              + Path.of("").toAbsolutePath()
              + ".");
    }
    String name = isFile ? className(jar, chosen, terminal) : what;
    URLClassLoader classes = loader(isFile ? jar : null);
    try {
      Thread.currentThread().setContextClassLoader(classes);
      JobDefinition definition = definition(what, name, classes);
      Job job = define(name, definition, arguments);
      arguments.checkAllUsed();
      return new LoadedJob(job, classes);
    } catch (RuntimeException | Error e) {
      close(classes);
      throw e;
    }
  }

  private static URLClassLoader loader(@Nullable Path jar) {
    try {
      URL[] urls = jar == null ? new URL[0] : new URL[] {jar.toUri().toURL()};
      return new URLClassLoader("job", urls, LoadedJob.class.getClassLoader());
    } catch (IOException e) {
      throw new ConfigurationException("Cannot load job " + jar + ": " + e + ".", e);
    }
  }

  private static String className(Path file, Optional<String> chosen, Terminal terminal) {
    try (JarFile jar = new JarFile(file.toFile())) {
      if (jar.getEntry("org/apache/kafka/") != null
          || jar.getEntry("dev/millrace/Job.class") != null) {
        terminal
            .err()
            .println(
                "Warning: "
                    + file
                    + " brings classes of Kafka or Millrace along, which are not used;"
                    + " give these dependencies the scope provided");
      }
      if (chosen.isPresent()) {
        return chosen.get();
      }
      Manifest manifest = jar.getManifest();
      String name = manifest == null ? null : manifest.getMainAttributes().getValue(ATTRIBUTE);
      if (name == null) {
        throw new ConfigurationException(
            "Cannot load job "
                + file
                + ": its manifest has no attribute "
                + ATTRIBUTE
                + ". Let it name the class that implements dev.millrace.JobDefinition, or give"
                + " --class NAME.");
      }
      return name.strip();
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot load job " + file + ": it is not a readable jar (" + e.getMessage() + ").", e);
    }
  }

  private static JobDefinition definition(String what, String name, ClassLoader classes) {
    try {
      Class<?> found = Class.forName(name, true, classes);
      if (!JobDefinition.class.isAssignableFrom(found)) {
        throw notLoadable(what, "class " + name + " does not implement JobDefinition", null);
      }
      return (JobDefinition) found.getConstructor().newInstance();
    } catch (ClassNotFoundException e) {
      throw notLoadable(what, "there is no class " + name + " in it", e);
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw notLoadable(
          what, "class " + name + " is not public, or has no public constructor to call", e);
    } catch (ReflectiveOperationException | LinkageError e) {
      throw notLoadable(what, "class " + name + " could not be made (" + e + ")", e);
    }
  }

  private static Job define(String name, JobDefinition definition, JobArguments arguments) {
    try {
      return definition.define(arguments);
    } catch (MillraceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new MillraceException("Cannot define the job: " + name + " threw " + e, e);
    }
  }

  private static ConfigurationException notLoadable(
      String what, String reason, @Nullable Throwable cause) {
    return new ConfigurationException("Cannot load job " + what + ": " + reason + ".", cause);
  }

  private static void close(URLClassLoader classes) {
    try {
      classes.close();
    } catch (IOException nothingToSave) {
      // The process ends soon.
    }
  }

  @Override
  public void close() {
    close(classes);
  }
}
