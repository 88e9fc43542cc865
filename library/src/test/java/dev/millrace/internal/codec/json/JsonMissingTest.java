package dev.millrace.internal.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Missing, null and misnamed components, on both paths. */
@NullUnmarked
final class JsonMissingTest {

  record Count(String id, long n) {}

  record Texts(String userId, String note) {}

  record Optionals(Optional<String> a, OptionalInt b, @Nullable String c, int n) {}

  record AllNullable(@Nullable String a, @Nullable Long b) {}

  @NullMarked
  record Marked(String id, @Nullable String note) {}

  record Nested(Count inner, List<Count> all) {}

  record Empty() {}

  record Aliased(@JsonAlias("old_id") String id, @JsonProperty("cnt") long n) {}

  record Ignoring(String id, @JsonIgnore int cached) {}

  record Required(@JsonProperty(required = true) String id, String note) {}

  static final class Made {
    final String id;
    final int n;

    @JsonCreator
    Made(@JsonProperty("id") String id, @JsonProperty("n") int n) {
      this.id = id;
      this.n = n;
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Tolerant(String id, long n) {}

  static class Bean {
    public String userId = "nobody";
    public int n = 7;
    private Bean inner;

    public Bean getInner() {
      return inner;
    }

    public void setInner(Bean inner) {
      this.inner = inner;
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  static class TolerantBean extends Bean {}

  static class NullableBean {
    public @Nullable String a;
    private Optional<String> b = Optional.empty();

    public void setB(Optional<String> b) {
      this.b = b;
    }
  }

  static class Outer {
    public int n = 7;
    public @JsonUnwrapped Bean bean = new Bean();
  }

  static class Many {
    public List<Bean> beans = List.of();
    public Map<String, Count> counts = Map.of();
  }

  private static <T> T read(Class<T> type, String json) {
    return read(type, JsonRules.DEFAULT, json);
  }

  private static <T> T read(Class<T> type, JsonRules rules, String json) {
    JsonDecoder<T> decoder = JsonCodec.decoder(type, rules);
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return decoder.decode(bytes);
  }

  private static void checkRefused(Class<?> type, String json, String... parts) {
    assertThatThrownBy(() -> read(type, json))
        .as(json)
        .isInstanceOf(MalformedBytesException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void aMissingPrimitiveIsAnErrorLikeItsNull() {
    checkRefused(Count.class, "{\"id\":\"a\"}", "it lacks 'n'", "@JsonAlias", "lenient()");
    checkRefused(Count.class, "{\"id\":\"a\",\"n\":null}", "'n' is null", "as Long");
    checkRefused(Made.class, "{\"id\":\"a\"}", "it lacks 'n'");
    assertThat(read(Made.class, "{\"n\":3}").n).isEqualTo(3);
  }

  @Test
  void aMissingReferenceIsLikeItsNull() {
    assertThat(read(Count.class, "{\"n\":1}")).isEqualTo(new Count(null, 1));
    assertThat(read(Count.class, "{\"id\":null,\"n\":1}")).isEqualTo(new Count(null, 1));
    assertThat(read(Nested.class, "{\"all\":[]}")).isEqualTo(new Nested(null, List.of()));
  }

  @Test
  void whatIsDeclaredNeverNullMustBeThere() {
    assertThat(read(Marked.class, "{\"id\":\"a\"}")).isEqualTo(new Marked("a", null));
    checkRefused(Marked.class, "{\"note\":\"a\"}", "it lacks 'id'");
    checkRefused(Marked.class, "{\"id\":null,\"note\":\"a\"}", "'id' is null", "@Nullable");
    checkRefused(Required.class, "{\"note\":\"a\"}", "it lacks 'id'");
  }

  @Test
  void optionalAndNullableMayBeMissing() {
    assertThat(read(Optionals.class, "{\"n\":1}"))
        .isEqualTo(new Optionals(Optional.empty(), OptionalInt.empty(), null, 1));
    assertThat(read(AllNullable.class, "{}")).isEqualTo(new AllNullable(null, null));
    assertThat(read(Empty.class, "{}")).isEqualTo(new Empty());
    assertThat(read(Ignoring.class, "{\"id\":\"a\"}")).isEqualTo(new Ignoring("a", 0));
  }

  @Test
  void aRecordOfWhichNothingIsThereIsRefusedWithTheNamesThatAreMeant() {
    checkRefused(Count.class, "{}", "it has none of the fields 'id', 'n'");
    checkRefused(Texts.class, "{}", "it has none of the fields 'userId', 'note'");
    checkRefused(
        Count.class,
        "{\"ID\":\"a\",\"N\":1}",
        "it has none of the fields 'id', 'n'; it has 'ID' in place of 'id', it has 'N' in place of");
    checkRefused(
        Nested.class,
        "{\"all\":[{\"id\":\"a\",\"n\":1},{\"x\":1}]}",
        "'all[1]' has none of the fields 'id', 'n'");
  }

  @Test
  void aMissingReferenceUnderNearlyItsNameIsRefused() {
    for (String name : List.of("userid", "UserId", "USER_ID", "user_id", "user-id")) {
      checkRefused(
          Texts.class,
          "{\"note\":\"b\",\"" + name + "\":\"a\"}",
          "it lacks 'userId'; it has '" + name + "' in place of 'userId'");
      checkRefused(Texts.class, "{\"" + name + "\":\"a\",\"note\":\"b\"}", "it lacks 'userId'");
    }
    assertThat(read(Texts.class, "{\"userId\":\"a\",\"USERID\":\"b\"}"))
        .isEqualTo(new Texts("a", null));
    assertThat(read(Texts.class, "{\"_userId\":\"a\",\"note\":\"b\",\"Owner\":1}"))
        .isEqualTo(new Texts(null, "b"));
    checkRefused(
        Nested.class,
        "{\"inner\":{\"Id\":\"a\",\"n\":1}}",
        "'inner' lacks 'id'; it has 'Id' in place of 'id'");
  }

  @Test
  void annotationsNameTheFields() {
    assertThat(read(Aliased.class, "{\"old_id\":\"a\",\"cnt\":1}")).isEqualTo(new Aliased("a", 1));
    checkRefused(Aliased.class, "{\"id\":\"a\",\"n\":1}", "it lacks 'cnt'");
  }

  @Test
  void acceptingUnknownPropertiesDoesNotAcceptMisnamedOnes() {
    checkRefused(
        Tolerant.class, "{\"ID\":\"a\",\"n\":1}", "it lacks 'id'; it has 'ID' in place of 'id'");
    checkRefused(TolerantBean.class, "{\"USER_ID\":\"a\",\"n\":1}", "it lacks 'userId'");
    assertThat(read(Tolerant.class, "{\"x\":{\"ID\":[1]},\"id\":\"a\",\"n\":1}"))
        .isEqualTo(new Tolerant("a", 1));
    assertThat(read(Tolerant.class, JsonRules.DEFAULT.lenient(), "{\"ID\":\"a\",\"n\":1}"))
        .isEqualTo(new Tolerant(null, 1));
  }

  @Test
  void aPropertyWithASetterKeepsItsValueIfItIsMissing() {
    Bean bean = read(Bean.class, "{\"userId\":\"a\",\"other\":1}");
    assertThat(bean.userId).isEqualTo("a");
    assertThat(bean.n).isEqualTo(7);
    checkRefused(Bean.class, "{\"userId\":\"a\",\"n\":null}", "'n' is null");
  }

  @Test
  void aBeanOfWhichNothingIsThereIsRefused() {
    checkRefused(Bean.class, "{}", "it has none of the fields");
    checkRefused(Bean.class, "{\"x\":1}", "it has none of the fields", "'userId'", "lenient()");
    checkRefused(Bean.class, "{\"inner\":{}}", "'inner' has none of the fields");
    checkRefused(Many.class, "{\"beans\":[{\"n\":1},{\"m\":1}]}", "'beans[1]' has none of the");
    checkRefused(Many.class, "{\"counts\":{\"a\":{}}}", "'counts.a' has none of the fields");
    assertThat(read(NullableBean.class, "{}").a).isNull();
    assertThat(read(Bean.class, JsonRules.DEFAULT.lenient(), "{}").n).isEqualTo(7);
  }

  @Test
  void aPropertyOfABeanUnderNearlyItsNameIsRefused() {
    checkRefused(
        Bean.class,
        "{\"n\":1,\"user_id\":\"a\"}",
        "it lacks 'userId'; it has 'user_id' in place of 'userId'");
    checkRefused(
        Bean.class,
        "{\"inner\":{\"UserId\":\"a\",\"n\":1},\"userId\":\"b\"}",
        "'inner' lacks 'userId'; it has 'UserId' in place of 'userId'");
    Bean both = read(Bean.class, "{\"USERID\":\"b\",\"inner\":{\"n\":1},\"userId\":\"a\"}");
    assertThat(both.userId).isEqualTo("a");
    assertThat(read(Outer.class, "{\"userId\":\"a\"}").bean.userId).isEqualTo("a");
  }

  @Test
  void lenientIsTheOldWay() {
    JsonRules lenient = JsonRules.DEFAULT.lenient();
    assertThat(read(Count.class, lenient, "{}")).isEqualTo(new Count(null, 0));
    assertThat(read(Count.class, lenient, "{\"ID\":\"a\",\"N\":1}")).isEqualTo(new Count(null, 0));
    assertThat(read(Marked.class, lenient, "{}")).isEqualTo(new Marked(null, null));
    assertThat(read(Nested.class, lenient, "{\"inner\":{}}"))
        .isEqualTo(new Nested(new Count(null, 0), null));
  }

  @Test
  void storedTextMayLackWhatCameLater() {
    assertThat(read(Count.class, JsonRules.STORED, "{}")).isEqualTo(new Count(null, 0));
  }

  @Test
  void bothPathsAgree() {
    long seed = 4;
    Random random = new Random(seed);
    String[] parts = {
      "\"id\":\"a\"",
      "\"n\":1",
      "\"n\":null",
      "\"id\":null",
      "\"Id\":1",
      "\"x\":{}",
      "\"note\":\"b\"",
      "\"a\":\"b\"",
      "\"b\":2",
      "\"B\":2",
      "\"userId\":\"u\"",
      "\"user_id\":\"u\"",
      "\"i_d\":[1]",
      "\"I-D_\":[1]",
      "\"UserID--\":\"u\"",
      "\"N_\":1"
    };
    for (Class<?> type :
        List.of(Count.class, Texts.class, AllNullable.class, Marked.class, Empty.class)) {
      for (JsonRules rules : List.of(JsonRules.DEFAULT, JsonRules.DEFAULT.lenient())) {
        JsonDecoder<?> decoder = JsonCodec.decoder(type, rules);
        for (int round = 0; round < 300; round++) {
          StringBuilder json = new StringBuilder("{");
          for (int k = random.nextInt(5); k > 0; k--) {
            json.append(json.length() > 1 ? "," : "").append(parts[random.nextInt(parts.length)]);
          }
          byte[] bytes = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
          assertThat(outcome(() -> decoder.decode(bytes)))
              .as("%s as %s, seed %d", json, type.getSimpleName(), seed)
              .isEqualTo(outcome(() -> decoder.decodeGeneral(bytes, 0, bytes.length)));
        }
      }
    }
  }

  private static String outcome(java.util.function.Supplier<?> decoding) {
    try {
      return "value " + decoding.get();
    } catch (MalformedBytesException e) {
      return "refused: " + e.getMessage();
    }
  }
}
