package dev.millrace.internal.codec.json;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;

/**
 * The reader of annotations, which takes {@code @JsonIgnoreProperties} by the names in it only. Its
 * {@code ignoreUnknown} would have the library skip unknown properties without asking anybody; by
 * our rules unknown properties are accepted anyway, but for those that stand for a loss.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class IgnoredByName extends JacksonAnnotationIntrospector {

  private static final long serialVersionUID = 1L;

  @Override
  public JsonIgnoreProperties.Value findPropertyIgnoralByName(
      MapperConfig<?> config, Annotated annotated) {
    return super.findPropertyIgnoralByName(config, annotated).withoutIgnoreUnknown();
  }
}
