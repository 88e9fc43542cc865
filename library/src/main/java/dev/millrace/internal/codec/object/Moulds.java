package dev.millrace.internal.codec.object;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;

/**
 * The maker of constants from method handles: a handle in an ordinary field cannot be inlined, but
 * one in a static final field is compiled as if its code stood there. So each handle gets a class
 * of its own, which is a hidden copy of one of the {@code LinkedRecord} classes.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Moulds {

  /** Beyond this a record's chain of handles gets too deep for the JIT to be worth it. */
  public static final int LINK_LIMIT = 16;

  /** There are few moulds, and each is copied for every type of every codec. */
  private static final ClassValue<byte[]> BYTES =
      new ClassValue<>() {
        @Override
        protected byte[] computeValue(Class<?> mould) {
          return read(mould);
        }
      };

  private Moulds() {}

  /** {@return an object of a fresh copy of {@code mould}, whose handle is {@code handle}} */
  public static <T> T cast(Class<? extends T> mould, MethodHandle handle) {
    try {
      Class<?> copy =
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(BYTES.get(mould), handle, true)
              .lookupClass();
      @SuppressWarnings("unchecked") // a copy of T's subclass implements what that implements
      T made = (T) copy.getDeclaredConstructor().newInstance();
      return made;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot link a record: " + e.getMessage(), e);
    }
  }

  private static byte[] read(Class<?> mould) {
    String file = mould.getSimpleName() + ".class";
    try (InputStream in = mould.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("Cannot link a record: " + file + " is not in the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the handle with which the calling copy was cast} */
  static MethodHandle handleOf(Lookup copy) {
    try {
      return MethodHandles.classData(copy, ConstantDescs.DEFAULT_NAME, MethodHandle.class);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Accessors and canonical constructors cannot declare exceptions, so this does not happen. */
  public static IllegalStateException undeclared(Throwable thrown) {
    return new IllegalStateException("Cannot call a record: " + thrown.getMessage(), thrown);
  }
}
