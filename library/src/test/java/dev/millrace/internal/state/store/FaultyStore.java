package dev.millrace.internal.state.store;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A store whose calls fail as a test says; one that a call has shown to be damaged knows it. */
public final class FaultyStore {

  private FaultyStore() {}

  /**
   * {@return a store that does as another one, but for calls that are to fail}
   *
   * @param faults from the name of a call's method to what it throws; null if it does not fail
   */
  public static StateStore over(
      StateStore sound, Function<String, @Nullable RuntimeException> faults) {
    boolean[] damaged = {false};
    return (StateStore)
        Proxy.newProxyInstance(
            StateStore.class.getClassLoader(),
            new Class<?>[] {StateStore.class},
            (proxy, method, args) -> {
              if (method.getName().equals("isDamaged")) {
                return damaged[0];
              }
              RuntimeException thrown = faults.apply(method.getName());
              if (thrown != null) {
                damaged[0] |= thrown instanceof DamagedStateException;
                throw thrown;
              }
              try {
                return method.invoke(sound, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
