package dev.millrace.runner.output;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.admin.JobStatus;
import dev.millrace.metrics.StageCounters;
import java.util.Map;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** Results for programs. */
public final class Json {

  /** Writes a line. */
  public static final JsonMapper LINE = builder().build();

  /** Writes for people too. */
  public static final JsonMapper PRETTY =
      builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Reads numbers as they are, with all their digits. */
  public static final JsonMapper EXACT =
      builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  private static JsonMapper.Builder builder() {
    return JsonMapper.builder()
        .addMixIn(JobStatus.Stage.class, StageProperties.class)
        .addMixIn(StageCounters.class, CounterProperties.class);
  }

  /** A stage has its counters among its own properties. */
  interface StageProperties {

    @JsonUnwrapped
    StageCounters counters();

    @JsonProperty
    long abortedTransactions();
  }

  /** Each counter is a property. */
  interface CounterProperties {

    @JsonAnyGetter
    Map<String, Long> values();
  }
}
