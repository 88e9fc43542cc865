package dev.millrace.internal.codec.object;

import dev.millrace.error.TypeInferenceException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Direct handles to a record's canonical constructor and accessors, private records included.
 *
 * <p><b>Threads.</b> Immutable.
 */
public record RecordAccess(
    Class<?> type,
    List<String> names,
    List<Class<?>> classes,
    MethodHandle constructor,
    List<MethodHandle> accessors) {

  public static RecordAccess of(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    try {
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      List<String> names = new ArrayList<>();
      List<Class<?>> classes = new ArrayList<>();
      List<MethodHandle> accessors = new ArrayList<>();
      for (RecordComponent component : components) {
        names.add(component.getName());
        classes.add(component.getType());
        accessors.add(lookup.unreflect(component.getAccessor()));
      }
      Class<?>[] parameters =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      MethodHandle constructor =
          lookup.findConstructor(type, MethodType.methodType(void.class, parameters));
      return new RecordAccess(
          type, List.copyOf(names), List.copyOf(classes), constructor, List.copyOf(accessors));
    } catch (IllegalAccessException | NoSuchMethodException e) {
      throw new TypeInferenceException(
          "Cannot read and write the record "
              + type.getName()
              + ": its module does not let Millrace in. Add 'opens "
              + type.getPackageName()
              + ";' to its module-info",
          e);
    }
  }

  public int size() {
    return names.size();
  }

  /** {@return the accessor as (Object) to the component's own type} */
  public MethodHandle accessor(int index) {
    MethodHandle accessor = accessors.get(index);
    return accessor.asType(accessor.type().changeParameterType(0, Object.class));
  }

  /** {@return the constructor as (Object[]) to Object} */
  public MethodHandle spreader() {
    return constructor.asType(constructor.type().generic()).asSpreader(Object[].class, size());
  }
}
