package dev.millrace.internal.admin;

import dev.millrace.admin.PeekedRecord.Kind;
import dev.millrace.internal.codec.ReadableValues;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.ChannelVector;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The readable view of one topic's records. Bytes that it cannot decode are shown like a user's
 * record: as JSON, text, or hexadecimal.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class RecordView {

  /** A record made readable. */
  record Seen(Kind kind, @Nullable Object key, @Nullable Object value) {}

  private interface View {
    Seen see(byte @Nullable [] key, byte @Nullable [] value);
  }

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final View view;

  private RecordView(View view) {
    this.view = view;
  }

  Seen see(byte @Nullable [] key, byte @Nullable [] value) {
    try {
      return view.see(key, value);
    } catch (MalformedBytesException | JacksonException e) {
      return plain(Kind.PLAIN, key, value);
    }
  }

  /** {@return the view of a topic that belongs to no job} */
  static RecordView plain() {
    return new RecordView((key, value) -> plain(Kind.PLAIN, key, value));
  }

  static RecordView ofStatus() {
    return new RecordView((key, value) -> plain(Kind.STATUS, key, value));
  }

  /** {@return the view of a meta topic; schemas are shown in their own notation} */
  static RecordView ofMeta() {
    return new RecordView(
        (key, value) ->
            value != null && String.valueOf(text(key)).startsWith("schema:")
                ? new Seen(Kind.META, text(key), ValueCodecs.describe(value))
                : plain(Kind.META, key, value));
  }

  static RecordView ofShuffle(SchemaBook schemas) {
    Values values = new Values(schemas);
    return new RecordView(
        (key, value) ->
            value == null
                ? plain(Kind.PLAIN, key, null)
                : new Seen(Kind.FRAME, text(key), frame(value, values)));
  }

  /**
   * @param stores the names of the stage's stores, by the numbers that their rows have
   */
  static RecordView ofChangelog(SchemaBook schemas, Map<Integer, String> stores) {
    Values values = new Values(schemas);
    return new RecordView(
        (key, value) -> {
          if (key == null || key.length == 0) {
            return plain(Kind.PLAIN, key, value);
          }
          if (key[0] == 0) {
            return new Seen(
                Kind.COMMIT,
                text(Arrays.copyOfRange(key, 1, key.length)),
                value == null ? null : commit(CommitFrame.decode(value)));
          }
          ByteReader in = new ByteReader(key);
          int store = in.readVarint();
          Map<String, @Nullable Object> row = new LinkedHashMap<>();
          String name = stores.get(store);
          row.put("store", name == null ? store : name);
          row.put("key", text(in.readBytes(in.remaining())));
          return new Seen(Kind.ROW, row, value == null ? null : values.stored(value));
        });
  }

  // ------------------------------------------------------------------ formats

  private static Map<String, @Nullable Object> frame(byte[] bytes, Values values) {
    FrameReader reader = new FrameReader().reset(bytes, 0, bytes.length);
    List<Object> entries = new ArrayList<>();
    while (reader.next()) {
      boolean partial = (reader.kind() & FrameFormat.PARTIAL) != 0;
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("key", text(slice(reader.array(), reader.keyOffset(), reader.keyLength())));
      entry.put("time", reader.time());
      if ((reader.kind() & FrameFormat.RETRACTION) != 0) {
        entry.put("retraction", true);
      }
      int head = 0;
      if (partial) {
        ByteReader in = new ByteReader(reader.array(), reader.valueOffset(), reader.valueLength());
        entry.put("records", new PartialHead().read(in).weight());
        head = in.position() - reader.valueOffset();
      }
      entry.put(
          partial ? "partial" : "value",
          values.read(
              partial ? reader.partialSchemaId() : reader.recordSchemaId(),
              reader.array(),
              reader.valueOffset() + head,
              reader.valueLength() - head));
      entries.add(entry);
    }
    List<Object> updates = new ArrayList<>();
    while (reader.nextUpdate()) {
      Map<String, @Nullable Object> update = new LinkedHashMap<>();
      update.put("channel", reader.updateChannel());
      update.put("status", reader.updateStatus().name());
      putWatermark(update, "eventTime", reader.updateEventTimeWatermark());
      putWatermark(update, "processingTime", reader.updateProcessingTimeWatermark());
      updates.add(update);
    }
    Map<String, @Nullable Object> frame = new LinkedHashMap<>();
    frame.put("entries", entries);
    frame.put("channels", updates);
    return frame;
  }

  private static void putWatermark(
      Map<String, @Nullable Object> target, String name, long watermark) {
    if (watermark != Long.MIN_VALUE) {
      target.put(name, watermark == Long.MAX_VALUE ? "end" : watermark);
    }
  }

  private static Map<String, @Nullable Object> commit(CommitFrame frame) {
    Map<String, @Nullable Object> positions = new LinkedHashMap<>();
    for (InputPosition position : frame.inputPositions()) {
      positions.put(position.topic(), position.offset());
    }
    Map<String, @Nullable Object> commit = new LinkedHashMap<>();
    commit.put("stage", frame.stage());
    commit.put("task", frame.task());
    commit.put("resetEpoch", frame.resetEpoch());
    commit.put("transaction", frame.txnSeq());
    commit.put("owner", frame.transactionalId());
    commit.put("ownerEpoch", frame.ownerEpoch());
    commit.put("status", frame.status().name());
    commit.put("positions", positions);
    putWatermark(commit, "eventTime", frame.eventTimeWatermark());
    putWatermark(commit, "processingTime", frame.processingTimeWatermark());
    commit.put("inputs", frame.channelVectors().stream().map(RecordView::vector).toList());
    if (!frame.preparedOutputs().isEmpty()) {
      commit.put(
          "prepared", frame.preparedOutputs().stream().map(output -> output.sink()).toList());
    }
    return commit;
  }

  private static Map<String, @Nullable Object> vector(ChannelVector vector) {
    Map<String, @Nullable Object> input = new LinkedHashMap<>();
    input.put("input", vector.inputIndex());
    putWatermark(input, "eventTime", vector.eventTimeWatermark());
    putWatermark(input, "processingTime", vector.processingTimeWatermark());
    if (vector.ownEventTime() != vector.eventTimeWatermark()) {
      putWatermark(input, "ownEventTime", vector.ownEventTime());
    }
    if (vector.ownProcessingTime() != vector.processingTimeWatermark()) {
      putWatermark(input, "ownProcessingTime", vector.ownProcessingTime());
    }
    input.put(
        "channels", vector.channels().stream().map(channel -> channel.status().name()).toList());
    return input;
  }

  /** The decoding of values by their schemas. */
  private static final class Values {
    private final SchemaBook schemas;
    private final Map<Integer, ReadableValues> readers = new HashMap<>();

    Values(SchemaBook schemas) {
      this.schemas = schemas;
    }

    @Nullable Object stored(byte[] bytes) {
      if (!StoredValues.isHead(bytes)) {
        return text(bytes);
      }
      long timeMs = StoredValues.timeMs(bytes);
      int start = StoredValues.valueOffset(bytes);
      Object value = read(StoredValues.schemaId(bytes), bytes, start, bytes.length - start);
      if (timeMs == StoredValues.NO_TIME) {
        return value;
      }
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("time", timeMs);
      row.put("value", value);
      return row;
    }

    @Nullable Object read(int schemaId, byte[] bytes, int offset, int length) {
      ReadableValues reader = readers.get(schemaId);
      if (reader == null) {
        byte[] schema = schemas.lookup(schemaId);
        if (schema == null) {
          return text(slice(bytes, offset, length));
        }
        reader = new ReadableValues(schema);
        readers.put(schemaId, reader);
      }
      return reader.read(bytes, offset, length);
    }
  }

  // ------------------------------------------------------------------ anything else

  private static Seen plain(Kind kind, byte @Nullable [] key, byte @Nullable [] value) {
    return new Seen(kind, text(key), jsonOrText(value));
  }

  private static @Nullable Object jsonOrText(byte @Nullable [] bytes) {
    if (bytes == null || bytes.length == 0) {
      return text(bytes);
    }
    try {
      return JSON.readValue(bytes, Object.class);
    } catch (JacksonException e) {
      return text(bytes);
    }
  }

  /**
   * {@return the bytes as text if they are UTF-8 without control characters, otherwise as
   * hexadecimal}
   */
  static @Nullable String text(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t')) {
        return text;
      }
    } catch (CharacterCodingException e) {
      return hex(bytes);
    }
    return hex(bytes);
  }

  private static String hex(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }

  private static byte[] slice(byte[] bytes, int offset, int length) {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }
}
