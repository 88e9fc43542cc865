package dev.millrace.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Records of a list, with which a function of a co-group is tested by itself. */
final class RecordsTest {

  @Test
  void aFunctionIsCalledWithLists() throws Exception {
    CoGroupFunction<String, Integer, Long, String> sums =
        (key, window, left, right, out) -> {
          int sum = 0;
          for (int number : left) {
            sum += number;
          }
          out.emit(key + sum + right.isEmpty() + left.toList() + left.stream().count());
        };
    List<String> results = new ArrayList<>();
    Window window = Window.ofEpochMillis(0, 10);
    sums.apply("k", window, Records.of(List.of(1, 2)), Records.of(List.of()), results::add);
    assertThat(results).containsExactly("k3true[1, 2]2");
  }

  @Test
  void aListThatChangesLaterIsCopied() {
    List<Integer> list = new ArrayList<>(List.of(1));
    Records<Integer> records = Records.of(list);
    list.add(2);
    assertThat(records).containsExactly(1);
    assertThat(records.isEmpty()).isFalse();
  }
}
