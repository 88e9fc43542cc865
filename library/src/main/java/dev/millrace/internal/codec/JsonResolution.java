package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The check that JSON text which was written under an older schema can be read as a type without
 * losing a property. Where one of the two sides is unknown, nothing is refused here: the reader of
 * stored text refuses what it does not know.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class JsonResolution {

  /**
   * The forms of values in JSON; within one the reader converts what fits, and refuses the rest.
   */
  private enum Form {
    ANY,
    BOOLEAN,
    NUMBER,
    TEXT,
    LIST,
    OBJECT
  }

  private final TypeModel model;
  private final Schema written;
  private final Set<List<Integer>> checked = new HashSet<>();

  private JsonResolution(TypeModel model, Schema written) {
    this.model = model;
    this.written = written;
  }

  /**
   * Checks a type's text against that of a schema.
   *
   * @throws IncompatibleJobException if something that was written would get lost
   */
  static void check(TypeModel model, Schema written, String path) {
    new JsonResolution(model, written).check(model.root(), written.root(), path);
  }

  private void check(TypeModel.Node node, Schema.Node was, String path) {
    Schema.Node now = TypeModel.schema(node);
    if (form(now) != form(was) && form(now) != Form.ANY && form(was) != Form.ANY) {
      throw new IncompatibleJobException(
          "Cannot read stored values: "
              + path
              + " was written as "
              + new Schema(written.definitions(), was)
              + " and is "
              + new TypeModel(model.definitions(), node).schema()
              + " now. Give the new property another name, or reset the job's state");
    } else if (node instanceof TypeModel.ArrayOf array && was instanceof Schema.Sequence sequence) {
      check(array.element(), sequence.element(), path + "[]");
    } else if (node instanceof TypeModel.MapOf map && was instanceof Schema.Mapping mapping) {
      check(map.value(), mapping.value(), path + ".value");
    } else if (node instanceof TypeModel.Reference reference
        && was instanceof Schema.Reference from
        && checked.add(List.of(reference.index(), from.index()))) {
      check(
          model.definitions().get(reference.index()),
          written.definitions().get(from.index()),
          path);
    }
  }

  private void check(TypeModel.Definition definition, Schema.Definition was, String path) {
    if (definition instanceof TypeModel.RecordOf object && was instanceof Schema.RecordOf from) {
      Map<String, Integer> positions = object.positions(from);
      for (Schema.Component each : from.components()) {
        Integer position = positions.get(each.name());
        if (position == null) {
          object.checkDropped(each.name(), path);
        } else {
          check(object.components().get(position).node(), each.node(), path + "." + each.name());
        }
      }
    } else if (definition instanceof TypeModel.UnionOf union
        && was instanceof Schema.UnionOf from) {
      Map<String, TypeModel.Node> cases = new HashMap<>();
      union.cases().forEach(each -> cases.put(each.name(), each.node()));
      for (Schema.Case each : from.cases()) {
        TypeModel.Node present = cases.get(each.name());
        if (present != null) { // one that is gone is refused when a value of it is read
          check(present, each.node(), path + "|" + each.name());
        }
      }
    }
  }

  private static Form form(Schema.Node node) {
    if (node instanceof Schema.Sequence) {
      return Form.LIST;
    } else if (node instanceof Schema.Mapping || node instanceof Schema.Reference) {
      return Form.OBJECT;
    } else if (node instanceof Schema.Scalar scalar) {
      return switch (scalar.kind()) {
        case ANY -> Form.ANY;
        case BOOLEAN -> Form.BOOLEAN;
        case BYTE, SHORT, INT, LONG, FLOAT, DOUBLE, BIG_INTEGER, BIG_DECIMAL -> Form.NUMBER;
        default -> Form.TEXT;
      };
    }
    return Form.TEXT;
  }
}
