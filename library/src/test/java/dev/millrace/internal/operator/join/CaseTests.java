package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.JoinKind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The tests of a table of cases, one for each case; and how the texts in such a table are read. */
final class CaseTests {

  /** A case of a table. */
  interface Named {

    /** {@return the name of its test} */
    String name();
  }

  private CaseTests() {}

  /** {@return a test of each case} */
  static <C extends Named> Stream<DynamicTest> each(List<C> cases, Consumer<C> check) {
    return cases.stream()
        .map(each -> DynamicTest.dynamicTest(each.name(), () -> check.accept(each)));
  }

  /** {@return a test of each case for each kind of join} */
  static <C extends Named> Stream<DynamicTest> each(
      List<C> cases, List<JoinKind> kinds, BiConsumer<C, JoinKind> check) {
    return cases.stream()
        .flatMap(
            each ->
                kinds.stream()
                    .map(
                        kind ->
                            DynamicTest.dynamicTest(
                                each.name() + ", " + kind.verb(), () -> check.accept(each, kind))));
  }

  /** {@return a test of each case, with a place of its own in the directory} */
  static <C extends Named> Stream<DynamicTest> eachOnDisk(
      List<C> cases, Path directory, BiConsumer<C, Path> check) {
    return IntStream.range(0, cases.size())
        .mapToObj(
            i ->
                DynamicTest.dynamicTest(
                    cases.get(i).name(),
                    () -> check.accept(cases.get(i), directory.resolve("case-" + i))));
  }

  /** {@return the parts of a text with commas between them} */
  static List<String> split(String list) {
    return split(list, ",");
  }

  static List<String> split(String list, String separator) {
    return Arrays.stream(list.split(separator))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .toList();
  }

  /**
   * {@return those pairs of an outer join that a kind of join has too}
   *
   * @param pairs with a dash in the place of a record that is not there, as in {@code a+-@10} or
   *     {@code -+x}; other texts stay
   */
  static List<String> ofKind(JoinKind kind, List<String> pairs) {
    return pairs.stream()
        .filter(pair -> kind.keepsRight() || !pair.startsWith("-+"))
        .filter(pair -> kind.keepsLeft() || !(pair.endsWith("+-") || pair.contains("+-@")))
        .toList();
  }
}
