package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The builder of decoders that skip the values of components that do not exist any more.
 *
 * <p><b>Threads.</b> Confined to the thread that builds; what it builds is safe for any thread.
 */
final class Skippers {

  private static final Object NOTHING = new Object();

  private final Schema written;
  private final Map<Integer, Decoder> definitions = new HashMap<>();

  Skippers(Schema written) {
    this.written = written;
  }

  Decoder skipper(Schema.Node node) {
    if (node instanceof Schema.Scalar scalar) {
      return scalar.kind().decoder();
    } else if (node instanceof Schema.Json || node instanceof Schema.BySerde) {
      return ScalarKind.BYTES.decoder();
    } else if (node instanceof Schema.Enumeration) {
      return (PrefixedDecoder) (prefix, in) -> NOTHING;
    } else if (node instanceof Schema.Sequence sequence) {
      Decoder element = skipper(sequence.element());
      return (PrefixedDecoder) (prefix, in) -> skip(prefix, in, element, null);
    } else if (node instanceof Schema.Mapping mapping) {
      Decoder key = skipper(mapping.key());
      Decoder value = skipper(mapping.value());
      return (PrefixedDecoder) (prefix, in) -> skip(prefix, in, key, value);
    } else if (node instanceof Schema.Maybe maybe) {
      return new ContainerDecoders.OfOptional(skipper(maybe.element()));
    }
    return definition(((Schema.Reference) node).index());
  }

  private static Object skip(int prefix, ByteReader in, Decoder first, @Nullable Decoder second) {
    int count = ContainerDecoders.checkedCount(prefix, in);
    for (int i = 0; i < count; i++) {
      ContainerDecoders.elementOrZero(first, prefix, in, null);
      if (second != null) {
        ContainerDecoders.elementOrZero(second, prefix, in, null);
      }
    }
    return NOTHING;
  }

  private Decoder definition(int index) {
    Decoder known = definitions.get(index);
    if (known != null) {
      return known;
    }
    if (written.definitions().get(index) instanceof Schema.RecordOf record) {
      Decoders.OfRecord skipper = new Decoders.OfRecord();
      definitions.put(index, skipper);
      List<Schema.Component> components = record.components();
      List<Decoder> decoders = components.stream().map(c -> skipper(c.node())).toList();
      skipper.reader =
          in -> {
            if (components.isEmpty()) {
              in.readByte();
            }
            for (int i = 0; i < decoders.size(); i++) {
              if (components.get(i).nullable()) {
                decoders.get(i).readSlot(in);
              } else {
                decoders.get(i).read(in);
              }
            }
            return NOTHING;
          };
      return skipper;
    }
    Schema.UnionOf union = (Schema.UnionOf) written.definitions().get(index);
    Decoders.OfUnion skipper = new Decoders.OfUnion(Objects.class, union);
    definitions.put(index, skipper);
    for (int i = 0; i < skipper.decoders.length; i++) {
      skipper.decoders[i] = skipper(union.cases().get(i).node());
    }
    return skipper;
  }
}
