package dev.millrace.faults;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy in front of a broker that knows where a response begins and what it answers, and may
 * keep it from the client: the broker has done what it was asked, and nobody hears of it.
 *
 * <p>The broker's advertised listener has to be the proxy.
 */
final class KafkaProxy implements AutoCloseable {

  /** The request that ends a transaction. */
  static final short END_TXN = 26;

  /** What becomes of the answer to an EndTxn request. */
  enum Answer {
    PASS,
    /** The connection is cut in its place. */
    CUT,
    /** It never comes; the connection stays open. */
    SWALLOW
  }

  /** Decides on each answer, in any thread. */
  interface Policy {
    Answer next();
  }

  private final ServerSocket server;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger kept = new AtomicInteger();
  private volatile Policy policy = () -> Answer.PASS;
  private volatile boolean down;

  KafkaProxy(int target) {
    this.target = target;
    try {
      this.server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("proxy-accept", this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  void endTxn(Policy newPolicy) {
    policy = newPolicy;
  }

  /** {@return how many answers the clients have not got} */
  int kept() {
    return kept.get();
  }

  /** Cuts all connections and refuses new ones, until the opposite is said. */
  void goDown() {
    down = true;
    open.forEach(KafkaProxy::closeQuietly);
  }

  void comeBack() {
    down = false;
  }

  private void accept() throws IOException {
    while (!server.isClosed()) {
      Socket client = server.accept();
      if (down) {
        closeQuietly(client);
        continue;
      }
      Socket broker = new Socket();
      try {
        broker.connect(new InetSocketAddress("127.0.0.1", target), 5_000);
      } catch (IOException e) {
        closeQuietly(client);
        continue;
      }
      client.setTcpNoDelay(true);
      broker.setTcpNoDelay(true);
      open.add(client);
      open.add(broker);
      Map<Integer, Short> asked = new ConcurrentHashMap<>();
      start("proxy-requests", () -> requests(client, broker, asked));
      start("proxy-responses", () -> responses(broker, client, asked));
    }
  }

  /** Frames begin with their size, then api key, api version and correlation id. */
  private void requests(Socket client, Socket broker, Map<Integer, Short> asked) {
    pump(
        client,
        broker,
        frame -> {
          short apiKey = (short) ((frame[0] & 0xFF) << 8 | frame[1] & 0xFF);
          if (apiKey == END_TXN) {
            asked.put(intAt(frame, 4), apiKey);
          }
          return Answer.PASS;
        });
  }

  private void responses(Socket broker, Socket client, Map<Integer, Short> asked) {
    pump(
        broker,
        client,
        frame -> {
          if (asked.remove(intAt(frame, 0)) == null) {
            return Answer.PASS;
          }
          Answer answer = policy.next();
          if (answer != Answer.PASS) {
            kept.incrementAndGet();
          }
          return answer;
        });
  }

  private interface Inspection {
    Answer of(byte[] frame);
  }

  private void pump(Socket from, Socket to, Inspection inspection) {
    try {
      DataInputStream in =
          new DataInputStream(new java.io.BufferedInputStream(from.getInputStream()));
      DataOutputStream out =
          new DataOutputStream(new java.io.BufferedOutputStream(to.getOutputStream()));
      while (true) {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        Answer answer = inspection.of(frame);
        if (answer == Answer.CUT) {
          return;
        }
        if (answer == Answer.PASS) {
          out.writeInt(frame.length);
          out.write(frame);
          out.flush();
        }
      }
    } catch (IOException e) {
      // One side has gone; so does the other.
    } finally {
      open.remove(from);
      open.remove(to);
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private static int intAt(byte[] bytes, int at) {
    return (bytes[at] & 0xFF) << 24
        | (bytes[at + 1] & 0xFF) << 16
        | (bytes[at + 2] & 0xFF) << 8
        | bytes[at + 3] & 0xFF;
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void start(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // Closed.
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    open.forEach(KafkaProxy::closeQuietly);
  }
}
