package dev.millrace.devbroker;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Starts a child broker and waits to be killed; the argument is the cache directory. */
final class ParentProgram {

  private ParentProgram() {}

  public static void main(String[] arguments) throws Exception {
    ChildOptions options =
        ChildOptions.of(BrokerOptions.singleNode()).withCacheDirectory(Path.of(arguments[0]));
    ChildKafka kafka = ChildKafka.start(options);
    System.out.println(kafka.pid());
    System.out.println(kafka.dataDirectory());
    new CountDownLatch(1).await();
  }
}
