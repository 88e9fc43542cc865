package dev.millrace.internal.query;

import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.type.Types;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.query.StateStoreInfo.Kind;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A store of the job that may be asked for.
 *
 * @param setup its stage
 * @param name its name in the stage
 * @param spec its rows
 * @param form what they mean
 * @param keyType the type of its keys
 */
record QueriedStore(StageSetup setup, String name, StoreSpec spec, StateForm form, Type keyType) {

  /** {@return the same in a stage with other codecs} */
  QueriedStore in(StageSetup stage) {
    return new QueriedStore(stage, name, spec, form, keyType);
  }

  /** {@return the name of another store of its step} */
  String sibling(String suffix) {
    String own = spec.suffix();
    return own.isEmpty()
        ? name + "." + suffix
        : name.substring(0, name.length() - own.length()) + suffix;
  }

  String stage() {
    return setup.stage().name();
  }

  /** {@return whether a key's partition is that of a shuffle, which is known} */
  boolean isShuffled() {
    return !setup.stage().isSource();
  }

  /** {@return its codecs} */
  StageSetup.Store codecs() {
    StageSetup.Store store = setup.stores().get(name);
    if (store == null) {
      throw new IllegalStateException("Store " + name + " has no codecs");
    }
    return store;
  }

  /** {@return the type of what answers have as their values} */
  Type answerType() {
    if (form instanceof StateForm.Declared declared) {
      return switch (declared.state().kind()) {
        case VALUE -> declared.valueType();
        case LIST -> Types.parameterized(List.class, Types.box(declared.valueType()));
        case MAP ->
            Types.parameterized(
                Map.class,
                Types.box(declared.state().mapKeyType().orElse(Object.class)),
                Types.box(declared.valueType()));
      };
    }
    return form.valueType();
  }

  Kind kind() {
    if (form instanceof StateForm.OwnUse) {
      return Kind.INTERNAL;
    }
    if (form instanceof StateForm.Declared declared) {
      return switch (declared.state().kind()) {
        case VALUE -> Kind.KEYS;
        case LIST -> Kind.LISTS;
        case MAP -> Kind.MAPS;
      };
    }
    return form instanceof StateForm.Rows || form instanceof StateForm.Aggregates
        ? Kind.KEYS
        : Kind.WINDOWS;
  }

  /** {@return why it cannot be asked; empty if it can} */
  Optional<String> refusal() {
    return form instanceof StateForm.OwnUse own
        ? Optional.of("its rows are " + own.content())
        : Optional.empty();
  }

  StateStoreInfo info() {
    return new StateStoreInfo(
        name,
        stage(),
        setup.tasks(),
        kind(),
        Types.name(keyType),
        Types.name(answerType()),
        refusal());
  }
}
