package dev.millrace.runner.jobs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Makes jars of jobs. */
public final class JobJars {

  private JobJars() {}

  /** {@return a jar whose manifest names the class, with the class in it} */
  public static Path jar(Path directory, Class<?> job) throws IOException {
    Path file = directory.resolve("job.jar");
    try (JarOutputStream jar =
            new JarOutputStream(Files.newOutputStream(file), manifest(job.getName()));
        InputStream bytes = job.getResourceAsStream(job.getSimpleName() + ".class")) {
      jar.putNextEntry(new JarEntry(job.getName().replace('.', '/') + ".class"));
      bytes.transferTo(jar);
      jar.closeEntry();
    }
    return file;
  }

  /** {@return a jar with nothing but a manifest that names the class, or none} */
  public static Path emptyJar(Path directory, String className) throws IOException {
    Path file = directory.resolve("empty.jar");
    new JarOutputStream(Files.newOutputStream(file), manifest(className)).close();
    return file;
  }

  private static Manifest manifest(String className) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (!className.isEmpty()) {
      manifest.getMainAttributes().putValue("Millrace-Job", className);
    }
    return manifest;
  }
}
