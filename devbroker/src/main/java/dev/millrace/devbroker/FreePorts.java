package dev.millrace.devbroker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that nobody listens on.
 *
 * <p>They lie below the range from which systems take the ports of outgoing connections. A port
 * from that range can be gone between the choice and its use, and while a killed broker is down, a
 * client that keeps calling it can even connect to itself there and block the restart.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class FreePorts {

  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final int ATTEMPTS = 1_000;

  private FreePorts() {}

  /** {@return ports that follow each other} */
  static List<Integer> range(int count) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int first = ThreadLocalRandom.current().nextInt(FIRST, LAST - count);
      List<Integer> ports = consecutive(first, count);
      if (ports.stream().allMatch(FreePorts::isFree)) {
        return ports;
      }
    }
    throw new DevBrokerException(
        "Cannot find "
            + count
            + " free ports: "
            + ATTEMPTS
            + " attempts between "
            + FIRST
            + " and "
            + LAST
            + " met ports in use. Stop what listens there, or name the port.");
  }

  /** {@return free ports none of which is taken already} */
  static List<Integer> apartFrom(List<Integer> taken, int count) {
    Set<Integer> used = new HashSet<>(taken);
    List<Integer> ports = new ArrayList<>();
    while (ports.size() < count) {
      int port = range(1).get(0);
      if (used.add(port)) {
        ports.add(port);
      }
    }
    return ports;
  }

  static List<Integer> consecutive(int first, int count) {
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ports.add(first + i);
    }
    return ports;
  }

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      // As the broker does it: connections of a former broker that linger must not count.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException inUse) {
      return false;
    }
  }
}
