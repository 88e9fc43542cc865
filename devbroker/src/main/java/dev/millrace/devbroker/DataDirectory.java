package dev.millrace.devbroker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The directory of one cluster: a marker file with the cluster id, and one directory per node.
 *
 * <p><b>Threads.</b> Confined to the thread that starts or stops the cluster.
 */
final class DataDirectory {

  /** Written before anything else, so that a directory without it is not ours to delete in. */
  static final String MARKER = "millrace-broker.properties";

  private static final String CLUSTER_ID = "cluster.id";
  private static final String NODES = "nodes";

  private final Path root;
  private final String clusterId;

  private DataDirectory(Path root, String clusterId) {
    this.root = root;
    this.clusterId = clusterId;
  }

  /**
   * Opens the directory, or makes it for a new cluster.
   *
   * @param newClusterId the id of the cluster if there is none yet
   */
  static DataDirectory open(BrokerOptions options, Path root, String newClusterId) {
    try {
      Files.createDirectories(root);
      if (options.existingData() == BrokerOptions.ExistingData.DELETE) {
        deleteContents(root);
      }
      Path marker = root.resolve(MARKER);
      if (!Files.exists(marker)) {
        refuseForeignData(root);
        writeMarker(marker, newClusterId, options.nodes());
      }
      return new DataDirectory(root, readMarker(marker, options.nodes()));
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

  /** {@return a new temporary directory} */
  static Path temporary() {
    try {
      return Files.createTempDirectory("millrace-broker-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes the directory and all that is in it; what cannot be deleted stays, without a word. */
  static void deleteQuietly(Path directory) {
    try {
      deleteTree(directory);
    } catch (IOException | UncheckedIOException leftToTheSystem) {
      // It lies in the directory for temporary files: the system clears it one day.
    }
  }

  Path root() {
    return root;
  }

  String clusterId() {
    return clusterId;
  }

  Path node(int id) {
    return root.resolve("node-" + id);
  }

  private static void refuseForeignData(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      if (entries.anyMatch(entry -> entry.getFileName().toString().startsWith("node-"))) {
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
    if (!Files.exists(root.resolve(MARKER))) {
      refuseForeignData(root);
      return;
    }
    List<Path> nodes;
    try (Stream<Path> entries = Files.list(root)) {
      nodes = entries.filter(e -> e.getFileName().toString().startsWith("node-")).toList();
    }
    for (Path node : nodes) {
      deleteTree(node);
    }
    Files.delete(root.resolve(MARKER));
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
