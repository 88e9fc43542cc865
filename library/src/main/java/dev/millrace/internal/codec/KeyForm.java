package dev.millrace.internal.codec;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The form of the keys of a type. Keys are not read, but found by their bytes: where these are
 * others, what is stored is there and never found, and each key begins anew.
 *
 * <p>The bytes of a record are those of its parts one after the other. So the schema has their
 * kinds, with their places as names: what they are called in the program does not matter, nor which
 * constants an enum has, which is its name.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class KeyForm implements StoredForm {

  private final Type type;
  private final SchemaBook book;
  private final Schema schema;
  private final int schemaId;

  KeyForm(Type type, SchemaBook book) {
    this.type = type;
    this.book = book;
    this.schema = layout(TypeModel.of(type).schema());
    this.schemaId = schema.id();
    book.register(schemaId, schema.toBytes());
  }

  private static Schema layout(Schema ofType) {
    List<Schema.Component> parts = new ArrayList<>();
    addParts(ofType, ofType.root(), parts);
    return new Schema(List.of(new Schema.RecordOf(List.copyOf(parts))), new Schema.Reference(0));
  }

  private static void addParts(Schema ofType, Schema.Node node, List<Schema.Component> parts) {
    if (node instanceof Schema.Reference reference
        && ofType.definitions().get(reference.index()) instanceof Schema.RecordOf record) {
      record.components().forEach(component -> addParts(ofType, component.node(), parts));
    } else {
      Schema.Node part =
          node instanceof Schema.Enumeration ? new Schema.Scalar(ScalarKind.STRING) : node;
      parts.add(new Schema.Component(String.valueOf(parts.size() + 1), false, part));
    }
  }

  @Override
  public int schemaId() {
    return schemaId;
  }

  @Override
  public void checkReads(int writerSchemaId) {
    if (writerSchemaId != schemaId) {
      throw new IncompatibleJobException(
          "Cannot find what is stored: keys were written as "
              + described(JsonValueCodec.lookup(book, writerSchemaId, type))
              + ", and "
              + Types.name(type)
              + " is "
              + described(schema)
              + " now. Keep the components of a key with their types in their order, or give what"
              + " has the key another name");
    }
  }

  private static String described(Schema layout) {
    return layout.definitions().get(0) instanceof Schema.RecordOf record
        ? record.components().stream()
            .map(component -> described(component.node()))
            .collect(Collectors.joining(", ", "(", ")"))
        : layout.toString();
  }

  private static String described(Schema.Node part) {
    return part instanceof Schema.Scalar scalar
        ? scalar.kind().name().toLowerCase(Locale.ROOT).replace('_', '-')
        : part.toString();
  }
}
