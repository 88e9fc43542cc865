package dev.millrace.runner.http;

import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The description of the server in {@code docs/openapi.yaml}, with as much of a validator as it
 * needs: types, enums, times, references, arrays and objects, which have the fields that are
 * described and no others.
 */
final class OpenApi {

  private final JsonNode root;

  OpenApi() {
    root = new YAMLMapper().readTree(Path.of("../docs/openapi.yaml").toFile());
  }

  /** {@return all operations, as their method and path} */
  List<String> operations() {
    List<String> operations = new ArrayList<>();
    for (String path : root.get("paths").propertyNames()) {
      for (String method : root.get("paths").get(path).propertyNames()) {
        operations.add(method.toUpperCase(Locale.ROOT) + " " + path);
      }
    }
    return operations;
  }

  /** {@return the parameters that the query may have, in the order of their names} */
  List<String> parameters(String method, String path) {
    return query(method, path).map(parameter -> parameter.get("name").asString()).sorted().toList();
  }

  /** {@return the parameters that the query may have, as they are described} */
  Stream<JsonNode> query(String method, String path) {
    return operation(method, path)
        .path("parameters")
        .valueStream()
        .map(this::resolved)
        .filter(parameter -> parameter.get("in").asString().equals("query"));
  }

  /** {@return whether anybody may ask, with a token or without} */
  boolean isOpen(String method, String path) {
    JsonNode security = operation(method, path).path("security");
    return security.isArray() && security.isEmpty();
  }

  private JsonNode operation(String method, String path) {
    return root.get("paths").get(path).get(method.toLowerCase(Locale.ROOT));
  }

  /** {@return what may be answered to a method of the path, by the status; empty if it may not} */
  Optional<JsonNode> response(String method, String path, int status) {
    JsonNode responses = operation(method, path).get("responses");
    return Optional.ofNullable(responses.get(Integer.toString(status))).map(this::resolved);
  }

  /** {@return the description of a body} */
  JsonNode schema(JsonNode response, String contentType) {
    JsonNode content = response.get("content").get(contentType);
    if (content == null) {
      throw new AssertionError("No " + contentType + " is described, but " + response);
    }
    return content.get("schema");
  }

  /** {@return the ways in which a value is not as the type of a name is described} */
  List<String> differences(JsonNode value, String type) {
    return differences(value, root.get("components").get("schemas").get(type));
  }

  /** {@return the ways in which a value is not as described} */
  List<String> differences(JsonNode value, JsonNode schema) {
    List<String> differences = new ArrayList<>();
    compare("", value, schema, differences);
    return differences;
  }

  private void compare(String at, JsonNode value, JsonNode described, List<String> differences) {
    JsonNode schema = resolved(described);
    if (schema.has("oneOf")) {
      compareOneOf(at, value, schema, differences);
      return;
    }
    if (!isOfType(value, schema)) {
      differences.add(at + ": " + value + " is not of type " + schema.get("type"));
      return;
    }
    if (schema.has("enum") && schema.get("enum").valueStream().noneMatch(value::equals)) {
      differences.add(at + ": " + value + " is not one of " + schema.get("enum"));
    }
    boolean isTime = schema.has("format") && schema.get("format").asString().equals("date-time");
    if (isTime && !value.isNull() && !isTime(value.asString())) {
      differences.add(at + ": " + value + " is no time");
    }
    if (value.isArray() && schema.has("items")) {
      for (int i = 0; i < value.size(); i++) {
        compare(at + "[" + i + "]", value.get(i), schema.get("items"), differences);
      }
    }
    if (value.isObject()) {
      compareObject(at, value, schema, differences);
    }
  }

  private void compareOneOf(String at, JsonNode value, JsonNode schema, List<String> differences) {
    List<String> reasons = new ArrayList<>();
    for (JsonNode choice : schema.get("oneOf")) {
      List<String> own = differences(value, choice);
      if (own.isEmpty()) {
        return;
      }
      reasons.addAll(own);
    }
    differences.add(at + ": none of the choices fits: " + reasons);
  }

  private void compareObject(String at, JsonNode value, JsonNode schema, List<String> differences) {
    if (schema.has("required")) {
      for (JsonNode name : schema.get("required")) {
        if (!value.has(name.asString())) {
          differences.add(at + ": " + name.asString() + " is missing");
        }
      }
    }
    boolean isOpen =
        schema.has("additionalProperties") && schema.get("additionalProperties").asBoolean();
    for (String name : value.propertyNames()) {
      JsonNode property = schema.has("properties") ? schema.get("properties").get(name) : null;
      if (property != null) {
        compare(at + "/" + name, value.get(name), property, differences);
      } else if (!isOpen) {
        differences.add(at + ": " + name + " is not described");
      }
    }
  }

  private static boolean isOfType(JsonNode value, JsonNode schema) {
    JsonNode type = schema.get("type");
    return type == null
        || (type.isArray()
            ? type.valueStream().anyMatch(one -> isOfType(value, one.asString()))
            : isOfType(value, type.asString()));
  }

  private static boolean isOfType(JsonNode value, String type) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isString();
      case "boolean" -> value.isBoolean();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "null" -> value.isNull();
      default -> throw new AssertionError("The validator knows no type " + type);
    };
  }

  private static boolean isTime(String text) {
    try {
      return OffsetDateTime.parse(text) != null;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private JsonNode resolved(JsonNode node) {
    JsonNode reference = node.get("$ref");
    if (reference == null) {
      return node;
    }
    JsonNode at = root;
    for (String part : reference.asString().substring(2).split("/")) {
      at = at.get(part);
      if (at == null) {
        throw new AssertionError("Nothing is at " + reference);
      }
    }
    return resolved(at);
  }
}
