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
 * constants an enum has, which is its name. Only text and byte arrays that are a whole key have no
 * end in their bytes, as they have within a record: one that is all of a record, or is an enum, has
 * a name of its own.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class KeyForm implements StoredForm {

  /** The name of the only part, if it is text or a byte array with an end. */
  private static final String ENDING = "ending";

  private final Type type;
  private final SchemaBook book;
  private final Schema schema;
  private final int schemaId;

  /**
   * The form of a key type's bytes, for comparison with that of another version.
   *
   * @param book where its schema is registered and former ones are looked up
   */
  public KeyForm(Type type, SchemaBook book) {
    this.type = Types.box(Types.canonical(type));
    this.book = book;
    this.schema = layout(TypeModel.of(this.type).schema());
    this.schemaId = schema.id();
    book.register(schemaId, schema.toBytes());
  }

  private static Schema layout(Schema ofType) {
    List<Schema.Component> parts = new ArrayList<>();
    addParts(ofType, ofType.root(), parts);
    if (parts.size() == 1 && hasEnd(parts.get(0).node()) && !hasEnd(ofType.root())) {
      parts.set(0, new Schema.Component(ENDING, false, parts.get(0).node()));
    }
    return new Schema(List.of(new Schema.RecordOf(List.copyOf(parts))), new Schema.Reference(0));
  }

  /** {@return whether it has an end where it is a part of a key} */
  private static boolean hasEnd(Schema.Node part) {
    return part instanceof Schema.Scalar scalar
        && (scalar.kind() == ScalarKind.STRING || scalar.kind() == ScalarKind.BYTES);
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
            .map(KeyForm::described)
            .collect(Collectors.joining(", ", "(", ")"))
        : layout.toString();
  }

  private static String described(Schema.Component part) {
    return described(part.node())
        + (part.name().equals(ENDING) ? " in a record, or the name of a constant" : "");
  }

  private static String described(Schema.Node part) {
    return part instanceof Schema.Scalar scalar
        ? scalar.kind().name().toLowerCase(Locale.ROOT).replace('_', '-')
        : part.toString();
  }
}
