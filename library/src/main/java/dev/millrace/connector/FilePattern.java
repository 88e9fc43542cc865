package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The files that the path of a file source stands for: a single one, the files in a directory, or
 * those whose paths match a pattern ({@code logs/*.jsonl}, <code>logs/&#42;&#42;/*.jsonl</code>).
 *
 * <p>What is there under the path literally is taken as it is, whatever characters are in its name.
 * Symbolic links are followed; a file that several of the paths found lead to is read once.
 */
final class FilePattern {

  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  private FilePattern() {}

  /**
   * {@return the files, in the order of their names, without hidden ones}
   *
   * @throws ConfigurationException if there are none, or some could not be looked for
   */
  static List<Path> files(Path path) {
    Path absolute = path.toAbsolutePath();
    if (Files.isRegularFile(absolute)) {
      return List.of(absolute);
    }
    if (Files.isDirectory(absolute)) {
      return found(
          new Walk(path, absolute, file -> true, List.of()),
          1,
          "the directory has no files. Put the input there first");
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

  private static List<Path> matching(Path pattern, Path base) {
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
    PathMatcher matcher = matcher(pattern, ("/" + rest).replace("/**/", "{/,/**/}"));
    return found(
        new Walk(
            pattern,
            directory,
            file -> matcher.matches(Path.of("/").resolve(directory.relativize(file))),
            levels(pattern, rest)),
        rest.contains("**") ? Integer.MAX_VALUE : Path.of(rest).getNameCount(),
        "no file matches it in " + directory + ". Check the pattern, or put the input there first");
  }

  /** {@return what the names of directories must match, level by level, as far as that is fixed} */
  private static List<PathMatcher> levels(Path pattern, String rest) {
    List<PathMatcher> levels = new ArrayList<>();
    for (Path name : Path.of(rest)) {
      // Braces may hold more than one level.
      if (name.toString().contains("**") || name.toString().contains("{")) {
        break;
      }
      levels.add(matcher(pattern, name.toString()));
    }
    return levels;
  }

  private static PathMatcher matcher(Path pattern, String glob) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + glob);
    } catch (PatternSyntaxException e) {
      throw new ConfigurationException(
          "Cannot read "
              + pattern
              + ": no file has this name, and it is no pattern either ("
              + e.getDescription()
              + "). Correct it; with a backslash before it, one of *?[{ stands for itself",
          e);
    }
  }

  private static List<Path> found(Walk walk, int depth, String otherwise) {
    try {
      Files.walkFileTree(walk.directory, EnumSet.of(FileVisitOption.FOLLOW_LINKS), depth, walk);
      List<Path> files = walk.distinct();
      if (files.isEmpty()) {
        throw new ConfigurationException("Cannot read " + walk.path + ": " + otherwise);
      }
      return files;
    } catch (IOException e) {
      throw walk.cannotLook(walk.directory, e);
    }
  }

  /** The walk through a directory, past what is hidden or cannot have anything that is wanted. */
  private static final class Walk extends SimpleFileVisitor<Path> {
    private final Path path;
    private final Path directory;
    private final Predicate<Path> wanted;
    private final List<PathMatcher> levels;
    private final List<Path> files = new ArrayList<>();

    Walk(Path path, Path directory, Predicate<Path> wanted, List<PathMatcher> levels) {
      this.path = path;
      this.directory = directory;
      this.wanted = wanted;
      this.levels = levels;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes attributes) {
      return isPassedBy(entered) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (isHidden(file) || !wanted.test(file)) {
        return FileVisitResult.CONTINUE;
      }
      if (attributes.isRegularFile()) {
        files.add(file);
      } else if (attributes.isSymbolicLink()) {
        throw new ConfigurationException(
            "Cannot read "
                + path
                + ": the link "
                + file
                + " leads to no file. Remove the link, or restore what it leads to");
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path failed, IOException cause) {
      if (isPassedBy(failed)) {
        return FileVisitResult.CONTINUE;
      }
      if (cause instanceof FileSystemLoopException) {
        throw new ConfigurationException(
            "Cannot read "
                + path
                + ": the link "
                + failed
                + " leads back to a directory that it is in. Remove the link, or hide it with a"
                + " name that starts with a dot",
            cause);
      }
      throw cannotLook(failed, cause);
    }

    ConfigurationException cannotLook(Path failed, IOException cause) {
      return new ConfigurationException(
          "Cannot read "
              + path
              + ": "
              + failed
              + " cannot be read ("
              + cause
              + "). Check its permissions",
          cause);
    }

    private boolean isPassedBy(Path entered) {
      int level = entered.getNameCount() - directory.getNameCount() - 1;
      return isHidden(entered)
          || (level >= 0
              && level < levels.size()
              && !levels.get(level).matches(entered.getFileName()));
    }

    private boolean isHidden(Path file) {
      return !file.equals(directory) && file.getFileName().toString().startsWith(".");
    }

    /** {@return the files in the order of their names, each once} */
    List<Path> distinct() throws IOException {
      files.sort(Comparator.naturalOrder());
      List<Path> distinct = new ArrayList<>();
      Set<Path> real = new HashSet<>();
      for (Path file : files) {
        if (real.add(file.toRealPath())) {
          distinct.add(file);
        }
      }
      return distinct;
    }
  }
}
