package dev.millrace.internal.plan;

import dev.millrace.connector.Sink;
import dev.millrace.connector.WriterSink;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.KafkaTableSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.output.OutputTag;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/** The operation of one node of a logical plan. */
public sealed interface Operation
    permits StatelessOperation,
        KeyedOperation,
        BroadcastLookup,
        Operation.OfSource,
        Operation.Branch,
        Operation.Case,
        Operation.SideOutput,
        Operation.Union,
        Operation.Rebalance,
        Operation.KeyBy,
        Operation.Write {

  /** {@return the verb, as the builder has it; part of derived names} */
  String verb();

  /** {@return the name of one of several inputs, part of the name of its topic} */
  default String inputName(int input) {
    return "input-" + input;
  }

  /**
   * {@return whether the times of one of its inputs are part of its own: its watermark is that of
   * all those inputs}
   */
  default boolean goesByTimeOf(int input) {
    return true;
  }

  /** {@return the side outputs it may write to} */
  default List<OutputTag<?>> sideOutputs() {
    return List.of();
  }

  /**
   * {@return whether steps after it derive their names from its own; otherwise they derive them
   * from what it reads}
   */
  default boolean lendsItsName() {
    return false;
  }

  /** {@return whether its results are the values it gets, or some of them} */
  default boolean keepsValues() {
    return false;
  }

  /**
   * {@return the function that takes from its results the key that another one takes from its
   * values: the results lie where the values did, by that key; empty if there is none}
   */
  default Optional<KeyFunction<?, ?>> keyOfResults(KeyFunction<?, ?> key) {
    return keepsValues() ? Optional.of(key) : Optional.empty();
  }

  /** {@return the windows that it collects records in; empty if it has none} */
  default Optional<WindowSettings> windows() {
    return Optional.empty();
  }

  /** A step that reads from outside the job; it has no inputs. */
  sealed interface OfSource extends Operation {

    /** {@return the source's settings} */
    SourceSpec source();

    @Override
    default boolean lendsItsName() {
      return true;
    }
  }

  /** A step that reads a source. */
  record Read(SourceSpec source) implements OfSource {
    @Override
    public String verb() {
      return "source";
    }
  }

  /**
   * A step that reads the topic of a table and keeps the newest value of each key. Its results lie
   * by the partitions of the topic, as the program that writes it has chosen them.
   */
  record ReadTable(KafkaTableSpec table) implements OfSource {

    /** The row that a record of the topic stands for, none if it deletes it. */
    private static final UpsertFunction<TopicRow, Object> ROW = TopicRow::value;

    @Override
    public KafkaSourceSpec source() {
      return table.source();
    }

    /** {@return the type of the keys} */
    public Type keyType() {
      return table.keyType();
    }

    /** {@return the aggregate that keeps the newest row of each key} */
    public Fold newest() {
      Type row = table.source().type();
      return new Fold(
          FoldFunction.upserts(ROW), Types.parameterized(Upserted.class, row), row, false);
    }

    @Override
    public String verb() {
      return "table";
    }
  }

  /** A step that sends each value to the first case whose predicate holds. */
  record Branch(List<FilterFunction<?>> cases) implements Operation {
    @Override
    public String verb() {
      return "branch";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }
  }

  /** One case of the {@link Branch} that is its input. */
  record Case(int index, String name) implements Operation {
    @Override
    public String verb() {
      return name;
    }

    @Override
    public boolean keepsValues() {
      return true;
    }
  }

  /** A side output of the node that is its input. */
  record SideOutput(OutputTag<?> tag) implements Operation {
    @Override
    public String verb() {
      return tag.name();
    }

    @Override
    public boolean lendsItsName() {
      return true;
    }
  }

  /** A step that puts streams of one type together. */
  record Union() implements Operation {
    @Override
    public String verb() {
      return "union";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }
  }

  /** A step that spreads values evenly over the tasks of a new stage. */
  record Rebalance() implements Operation {
    @Override
    public String verb() {
      return "rebalance";
    }
  }

  /** A step that distributes values by key to the tasks of a new stage. */
  record KeyBy(KeyFunction<?, ?> key, Type keyType) implements Operation {
    @Override
    public String verb() {
      return "key-by";
    }
  }

  /** A step that writes to a sink. */
  record Write(Sink<?> sink) implements Operation {
    @Override
    public String verb() {
      return "sink";
    }

    /** {@return the sink's name for itself} */
    public String sinkName() {
      return sink instanceof WriterSink<?> writer
          ? writer.name()
          : Specs.of(sink, KafkaSinkSpec.class).name();
    }
  }
}
