package dev.millrace.devbroker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The directory of one cluster: a marker file with the cluster id, and one directory per node.
 *
 * <p><b>Contract.</b> Whoever opens it has the right to the data of the named nodes until {@link
 * #close}.
 *
 * <p><b>Threads.</b> Confined to the thread that starts or stops the cluster.
 */
final class DataDirectory implements AutoCloseable {

  /** Written before anything else, so that a directory without it is not ours to delete in. */
  static final String MARKER = "millrace-broker.properties";

  private static final String CLUSTER_ID = "cluster.id";
  private static final String NODES = "nodes";
  private static final String NODE = "node-";

  private final Path root;
  private final String clusterId;
  private final NodeLocks locks;

  private DataDirectory(Path root, String clusterId, NodeLocks locks) {
    this.root = root;
    this.clusterId = clusterId;
    this.locks = locks;
  }

  /**
   * Opens the directory, or makes it for a new cluster.
   *
   * @param newClusterId the id of the cluster if there is none yet
   * @param nodes the nodes whose data is used, by number
   * @throws DevBrokerException if another cluster uses it, or it is that of something else
   */
  static DataDirectory open(
      BrokerOptions options, Path root, String newClusterId, List<Integer> nodes) {
    try {
      Files.createDirectories(root);
      if (!Files.exists(root.resolve(MARKER))) {
        refuseForeignData(root);
      }
      NodeLocks locks = NodeLocks.take(root, nodes);
      try {
        return new DataDirectory(root, prepare(options, root, newClusterId), locks);
      } catch (IOException | RuntimeException e) {
        locks.close();
        throw e;
      }
    } catch (IOException e) {
      throw new DevBrokerException(
          "Cannot prepare the data directory of the broker: "
              + e
              + " (directory="
              + root
              + "). Pass a directory that can be written.",
          e);
    }
  }

  /** {@return the id of the cluster} */
  private static String prepare(BrokerOptions options, Path root, String newClusterId)
      throws IOException {
    if (options.existingData() == BrokerOptions.ExistingData.DELETE) {
      deleteContents(root);
    }
    Path marker = root.resolve(MARKER);
    if (!Files.exists(marker)) {
      writeMarker(marker, newClusterId, options.nodes());
    }
    return readMarker(marker, options.nodes());
  }

  /** {@return an id for a new cluster, in the form of Kafka's own: 16 random bytes in base64} */
  static String newClusterId() {
    UUID random = UUID.randomUUID();
    ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES);
    bytes.putLong(random.getMostSignificantBits()).putLong(random.getLeastSignificantBits());
    String id = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    // A command line would take it for an option.
    return id.startsWith("-") ? newClusterId() : id;
  }

  /** {@return a new temporary directory} */
  static Path temporary() {
    try {
      return Files.createTempDirectory("millrace-broker-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Deletes the directory and all that is in it; what cannot be deleted stays, without a report.
   */
  static void deleteQuietly(Path directory) {
    try {
      deleteTree(directory);
    } catch (IOException | UncheckedIOException leftToTheSystem) {
      // It lies in the directory for temporary files: the system clears it one day.
    }
  }

  /** Deletes the data of one node, and the directory of the cluster with that of its last node. */
  static void deleteNodeQuietly(Path root, int id) {
    deleteQuietly(nodeIn(root, id));
    try (Stream<Path> entries = Files.list(root)) {
      if (entries.anyMatch(DataDirectory::isNode)) {
        return;
      }
    } catch (IOException | UncheckedIOException anotherNodeHasDoneIt) {
      return;
    }
    deleteQuietly(root);
  }

  /** Lets others use the data; whoever runs nodes on it stops them first. */
  @Override
  public void close() {
    locks.close();
  }

  Path root() {
    return root;
  }

  String clusterId() {
    return clusterId;
  }

  Path node(int id) {
    return nodeIn(root, id);
  }

  private static Path nodeIn(Path root, int id) {
    return root.resolve(NODE + id);
  }

  private static boolean isNode(Path entry) {
    return entry.getFileName().toString().startsWith(NODE);
  }

  private static void refuseForeignData(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      if (entries.anyMatch(DataDirectory::isNode)) {
        throw new DevBrokerException(
            "Cannot use the data directory: it holds node directories of something else (directory="
                + root
                + ", missing="
                + MARKER
                + "). Pass another directory.");
      }
    }
  }

  private static void writeMarker(Path marker, String clusterId, int nodes) throws IOException {
    Path fresh = marker.resolveSibling(MARKER + ".new");
    Files.write(
        fresh,
        List.of(CLUSTER_ID + "=" + clusterId, NODES + "=" + nodes),
        StandardCharsets.ISO_8859_1);
    Files.move(fresh, marker, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String readMarker(Path marker, int nodes) throws IOException {
    Properties properties = new Properties();
    try (var in = Files.newInputStream(marker)) {
      properties.load(in);
    }
    String foundNodes = properties.getProperty(NODES, "?");
    if (!foundNodes.equals(Integer.toString(nodes))) {
      throw new DevBrokerException(
          "Cannot start the broker: its data directory was made for another number of nodes"
              + " (directory="
              + marker.getParent()
              + ", nodes="
              + nodes
              + ", found="
              + foundNodes
              + "). Ask for "
              + foundNodes
              + " nodes, pass another directory, or start it clean.");
    }
    String clusterId = properties.getProperty(CLUSTER_ID);
    if (clusterId == null) {
      throw new DevBrokerException(
          "Cannot start the broker: its marker file has no cluster id (file="
              + marker
              + "). Delete the directory.");
    }
    return clusterId;
  }

  private static void deleteContents(Path root) throws IOException {
    List<Path> nodes;
    try (Stream<Path> entries = Files.list(root)) {
      nodes = entries.filter(DataDirectory::isNode).toList();
    }
    for (Path node : nodes) {
      deleteTree(node);
    }
    Files.deleteIfExists(root.resolve(MARKER));
  }

  private static void deleteTree(Path directory) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> tree = Files.walk(directory)) {
      deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
    } catch (NoSuchFileException gone) {
      return;
    }
    for (Path path : deepestFirst) {
      Files.deleteIfExists(path);
    }
  }
}
