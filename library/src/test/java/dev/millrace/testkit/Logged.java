package dev.millrace.testkit;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What is logged in a test while it does something.
 *
 * <p><b>Threads.</b> It takes what all threads of the JVM log meanwhile.
 */
public final class Logged {

  private Logged() {}

  /** {@return the lines with a text in them that are logged while an action runs} */
  public static List<String> lines(String text, Runnable action) {
    return all(action).lines().filter(line -> line.contains(text)).toList();
  }

  /** {@return all that is logged while an action runs} */
  public static String all(Runnable action) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }
}
