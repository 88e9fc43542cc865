package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files that the path of a file source stands for: a single one, the files in a directory, or
 * those whose paths match a pattern ({@code logs/*.jsonl}, <code>logs/&#42;&#42;/*.jsonl</code>).
 *
 * <p>What is there under the path literally is taken as it is, whatever characters are in its name.
 */
final class FilePattern {

  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  private FilePattern() {}

  /**
   * {@return the files, in the order of their names, without hidden ones}
   *
   * @throws ConfigurationException if there are none
   */
  static List<Path> files(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    if (Files.isRegularFile(absolute)) {
      return List.of(absolute);
    }
    if (Files.isDirectory(absolute)) {
      try (Stream<Path> found = Files.list(absolute)) {
        return required(absolute, found, "the directory has no files. Put the input there first");
      }
    }
    Path base = base(path);
    if (base.equals(path)) {
      throw new ConfigurationException(
          "Cannot read " + absolute + ": there is no such file or directory. Check the path");
    }
    return matching(path, base);
  }

  /** {@return the directory that the files of a pattern are in, or the path if it is no pattern} */
  static Path base(Path path) {
    Path base = path.isAbsolute() ? path.getRoot() : Path.of("");
    for (Path name : path) {
      if (WILDCARD.matcher(name.toString()).find()) {
        return base;
      }
      base = base.resolve(name);
    }
    return path;
  }

  private static List<Path> matching(Path pattern, Path base) throws IOException {
    Path directory = base.toAbsolutePath();
    if (!Files.isDirectory(directory)) {
      throw new ConfigurationException(
          "Cannot read " + pattern + ": there is no directory " + directory + ". Check the path");
    }
    String rest =
        pattern
            .subpath(base.toString().isEmpty() ? 0 : base.getNameCount(), pattern.getNameCount())
            .toString();
    // Shells let ** stand for no directory as well.
    String glob = ("/" + rest).replace("/**/", "{/,/**/}");
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    int depth = rest.contains("**") ? Integer.MAX_VALUE : Path.of(rest).getNameCount();
    try (Stream<Path> found = Files.walk(directory, depth)) {
      return required(
          pattern,
          found
              .filter(file -> matcher.matches(Path.of("/").resolve(directory.relativize(file))))
              .filter(file -> isShown(directory.relativize(file))),
          "no file matches it in "
              + directory
              + ". Check the pattern, or put the input there first");
    }
  }

  private static List<Path> required(Path path, Stream<Path> found, String otherwise) {
    List<Path> files =
        found
            .filter(file -> Files.isRegularFile(file))
            .filter(file -> isShown(file.getFileName()))
            .sorted()
            .toList();
    if (files.isEmpty()) {
      throw new ConfigurationException("Cannot read " + path + ": " + otherwise);
    }
    return files;
  }

  private static boolean isShown(Path path) {
    for (Path name : path) {
      if (name.toString().startsWith(".")) {
        return false;
      }
    }
    return true;
  }
}
