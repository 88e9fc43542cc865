package dev.millrace.internal.codec;

import dev.millrace.internal.codec.object.Primitives;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The layout of a value's bytes, without a Java class in it: records are lists of named components,
 * and refer to each other by number, in the order in which they are met. The canonical description
 * ({@link #toBytes}) is part of the format.
 *
 * <p><b>Threads.</b> Immutable.
 */
record Schema(List<Definition> definitions, Node root) {

  static final int VERSION = 1;
  static final int TAG_ENUM = 32;
  static final int TAG_LIST = 33;
  static final int TAG_MAP = 34;
  static final int TAG_OPTIONAL = 35;
  static final int TAG_REFERENCE = 36;
  static final int TAG_JSON = 37;
  static final int TAG_SERDE = 38;
  static final int DEFINITION_RECORD = 1;
  static final int DEFINITION_UNION = 2;
  static final int DEPTH_LIMIT = 64;

  sealed interface Node {}

  record Scalar(ScalarKind kind) implements Node {}

  record Enumeration(List<String> constants) implements Node {}

  record Sequence(Node element) implements Node {}

  record Mapping(Node key, Node value) implements Node {}

  record Maybe(Node element) implements Node {}

  record Reference(int index) implements Node {}

  /**
   * JSON text, which describes itself.
   *
   * @param text what is in the text, as far as it is known, with definitions of its own
   */
  record Json(Schema text) implements Node {}

  /**
   * A value that a serde of the program wrote, and that only this serde can read.
   *
   * @param type the simple name of the values' type
   */
  record BySerde(String type) implements Node {}

  sealed interface Definition {}

  record RecordOf(List<Component> components) implements Definition {}

  record Component(String name, boolean nullable, Node node) {}

  record UnionOf(List<Case> cases) implements Definition {}

  record Case(String name, Node node) {}

  Schema {
    definitions = List.copyOf(definitions);
  }

  /** {@return the hash of the canonical description} */
  int id() {
    byte[] bytes = toBytes();
    return Hashing.murmur2(bytes, 0, bytes.length);
  }

  /** {@return the canonical description} */
  byte[] toBytes() {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    write(out);
    return out.toByteArray();
  }

  private void write(ByteWriter out) {
    out.writeVarint(definitions.size());
    for (Definition definition : definitions) {
      if (definition instanceof RecordOf record) {
        out.writeByte(DEFINITION_RECORD);
        out.writeVarint(record.components().size());
        for (Component component : record.components()) {
          out.writeString(component.name());
          out.writeByte(component.nullable() ? 1 : 0);
          write(component.node(), out);
        }
      } else if (definition instanceof UnionOf union) {
        out.writeByte(DEFINITION_UNION);
        out.writeVarint(union.cases().size());
        for (Case each : union.cases()) {
          out.writeString(each.name());
          write(each.node(), out);
        }
      }
    }
    write(root, out);
  }

  private static void write(Node node, ByteWriter out) {
    if (node instanceof Scalar scalar) {
      out.writeByte(scalar.kind().tag);
    } else if (node instanceof Enumeration enumeration) {
      out.writeByte(TAG_ENUM);
      out.writeVarint(enumeration.constants().size());
      enumeration.constants().forEach(out::writeString);
    } else if (node instanceof Sequence sequence) {
      out.writeByte(TAG_LIST);
      write(sequence.element(), out);
    } else if (node instanceof Mapping mapping) {
      out.writeByte(TAG_MAP);
      write(mapping.key(), out);
      write(mapping.value(), out);
    } else if (node instanceof Maybe maybe) {
      out.writeByte(TAG_OPTIONAL);
      write(maybe.element(), out);
    } else if (node instanceof Reference reference) {
      out.writeByte(TAG_REFERENCE);
      out.writeVarint(reference.index());
    } else if (node instanceof Json json) {
      out.writeByte(TAG_JSON);
      json.text().write(out);
    } else if (node instanceof BySerde serde) {
      out.writeByte(TAG_SERDE);
      out.writeString(serde.type());
    }
  }

  /**
   * Reads a canonical description.
   *
   * @throws MalformedBytesException if it is none
   */
  static Schema parse(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new MalformedBytesException("Cannot read a schema: unknown version " + version);
    }
    Schema schema = parse(in, 0);
    if (in.remaining() > 0) {
      throw new MalformedBytesException(
          "Cannot read a schema: " + in.remaining() + " bytes are left over");
    }
    return schema;
  }

  private static Schema parse(ByteReader in, int depth) {
    int count = in.readLength();
    List<Definition> definitions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      definitions.add(parseDefinition(in, count, depth));
    }
    return new Schema(definitions, parseNode(in, count, depth));
  }

  private static Definition parseDefinition(ByteReader in, int count, int depth) {
    int kind = in.readByte();
    int size = in.readLength();
    if (kind == DEFINITION_RECORD) {
      List<Component> components = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        components.add(
            new Component(
                in.readString(), Primitives.toBoolean(in.readByte()), parseNode(in, count, depth)));
      }
      return new RecordOf(List.copyOf(components));
    } else if (kind == DEFINITION_UNION) {
      List<Case> cases = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        cases.add(new Case(in.readString(), parseNode(in, count, depth)));
      }
      return new UnionOf(List.copyOf(cases));
    }
    throw new MalformedBytesException("Cannot read a schema: unknown definition " + kind);
  }

  private static Node parseNode(ByteReader in, int count, int depth) {
    if (depth > DEPTH_LIMIT) {
      throw new MalformedBytesException("Cannot read a schema: it is nested too deeply");
    }
    int tag = in.readByte();
    ScalarKind kind = ScalarKind.ofTag(tag);
    if (kind != null) {
      return new Scalar(kind);
    }
    switch (tag) {
      case TAG_ENUM -> {
        int size = in.readLength();
        List<String> constants = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          constants.add(in.readString());
        }
        return new Enumeration(List.copyOf(constants));
      }
      case TAG_LIST -> {
        return new Sequence(parseNode(in, count, depth + 1));
      }
      case TAG_MAP -> {
        return new Mapping(parseNode(in, count, depth + 1), parseNode(in, count, depth + 1));
      }
      case TAG_OPTIONAL -> {
        return new Maybe(parseNode(in, count, depth + 1));
      }
      case TAG_REFERENCE -> {
        int index = in.readVarint();
        if (index < 0 || index >= count) {
          throw new MalformedBytesException("Cannot read a schema: no definition " + index);
        }
        return new Reference(index);
      }
      case TAG_JSON -> {
        return new Json(parse(in, depth + 1));
      }
      case TAG_SERDE -> {
        return new BySerde(in.readString());
      }
      default -> throw new MalformedBytesException("Cannot read a schema: unknown type " + tag);
    }
  }

  /** {@return the schema as text for people, such as {@code #0{word: string?, count: long}}} */
  @Override
  public String toString() {
    return name(root, new boolean[definitions.size()]);
  }

  private String name(Node node, boolean[] shown) {
    if (node instanceof Scalar scalar) {
      return scalar.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    } else if (node instanceof Enumeration enumeration) {
      return "enum" + enumeration.constants();
    } else if (node instanceof Sequence sequence) {
      return "list<" + name(sequence.element(), shown) + ">";
    } else if (node instanceof Mapping mapping) {
      return "map<" + name(mapping.key(), shown) + ", " + name(mapping.value(), shown) + ">";
    } else if (node instanceof Maybe maybe) {
      return "optional<" + name(maybe.element(), shown) + ">";
    } else if (node instanceof Json json) {
      return "json<" + json.text() + ">";
    } else if (node instanceof BySerde serde) {
      return "serde<" + serde.type() + ">";
    }
    int index = ((Reference) node).index();
    if (shown[index]) {
      return "#" + index;
    }
    shown[index] = true;
    Definition definition = definitions.get(index);
    if (definition instanceof RecordOf record) {
      return record.components().stream()
          .map(c -> c.name() + ": " + name(c.node(), shown) + (c.nullable() ? "?" : ""))
          .collect(Collectors.joining(", ", "#" + index + "{", "}"));
    }
    return ((UnionOf) definition)
        .cases().stream()
            .map(c -> c.name() + name(c.node(), shown))
            .collect(Collectors.joining(" | ", "#" + index + "(", ")"));
  }
}
