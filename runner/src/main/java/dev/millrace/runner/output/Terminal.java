package dev.millrace.runner.output;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The world outside as a command sees it.
 *
 * @param in records for {@code put}
 * @param out results
 * @param err progress, and messages to people
 * @param environment the environment variables
 * @param kind whether a person looks on
 */
public record Terminal(
    InputStream in, PrintStream out, PrintStream err, Map<String, String> environment, Kind kind) {

  /** The reader of a command's output. */
  public enum Kind {
    /** A person, before whose eyes a line may be overwritten. */
    INTERACTIVE,
    /** A file or a program. */
    PLAIN
  }

  /** {@return the terminal of this process, in UTF-8 whatever the locale} */
  public static Terminal ofProcess() {
    return new Terminal(
        new FileInputStream(FileDescriptor.in),
        stream(FileDescriptor.out),
        stream(FileDescriptor.err),
        System.getenv(),
        kindOfProcess());
  }

  @SuppressWarnings("SystemConsoleNull") // Java 22 and later are asked the other way
  private static Kind kindOfProcess() {
    Console console = System.console();
    if (console == null) {
      return Kind.PLAIN;
    }
    try {
      Object isTerminal = Console.class.getMethod("isTerminal").invoke(console);
      return Boolean.TRUE.equals(isTerminal) ? Kind.INTERACTIVE : Kind.PLAIN;
    } catch (ReflectiveOperationException beforeJava22) {
      return Kind.INTERACTIVE;
    }
  }

  private static PrintStream stream(FileDescriptor to) {
    return new PrintStream(new FileOutputStream(to), true, StandardCharsets.UTF_8);
  }

  /** {@return whether a person looks on} */
  public boolean isInteractive() {
    return kind == Kind.INTERACTIVE;
  }
}
