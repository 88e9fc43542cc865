package dev.millrace.internal.type;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The inference of the type arguments with which a function object implements its interface, so
 * that programs need not name them.
 *
 * <p>A named or anonymous class has them in its signature. A lambda has the erased signature that
 * it was instantiated with, which is certain but has no type arguments; where the lambda is a
 * method reference, the generic signature of the referenced method adds them. An answer is given
 * only if it is certain and {@linkplain Types#hasVariables resolved}: a wrong type would show in
 * nothing but wrong bytes.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class TypeInference {

  private TypeInference() {}

  /**
   * {@return what the type parameter {@code index} of {@code functionalInterface} stands for in
   * {@code function}, or empty if that is not certain (erased by the compiler, or Object)}
   *
   * @param function a lambda, method reference or object of a class that implements the interface
   * @param functionalInterface a generic interface with a single abstract method
   * @param index which of the interface's type parameters is asked for, from 0
   * @param known the type arguments known already, by position; null where unknown, and the list
   *     may end early
   */
  public static Optional<Type> resultOf(
      Serializable function, Class<?> functionalInterface, int index, @Nullable Type... known) {
    TypeVariable<?>[] variables = functionalInterface.getTypeParameters();
    if (!functionalInterface.isInstance(function)) {
      throw new IllegalArgumentException(
          "Cannot infer a type: "
              + function.getClass().getName()
              + " is no "
              + functionalInterface.getName());
    }
    if (index < known.length && known[index] != null) {
      return certain(known[index]);
    }
    Map<TypeVariable<?>, Type> bindings = new HashMap<>();
    for (int i = 0; i < known.length; i++) {
      Type argument = known[i];
      if (argument != null) {
        bindings.put(variables[i], Types.box(argument));
      }
    }
    SerializedLambda lambda = lambdaOf(function);
    if (lambda == null) {
      return ofClass(function.getClass(), functionalInterface, index, bindings);
    }
    try {
      return new LambdaReader(lambda, function.getClass().getClassLoader())
          .argument(functionalInterface, variables[index], bindings);
    } catch (ReflectiveOperationException | TypeNotPresentException | LinkageError e) {
      return Optional.empty();
    }
  }

  /**
   * {@return the class of what a lambda returns, which is known also where its type arguments are
   * not; empty if the compiler saw no more than Object, and for functions that are no lambdas}
   */
  public static Optional<Class<?>> erasedResultOf(Serializable function) {
    SerializedLambda lambda = lambdaOf(function);
    if (lambda == null) {
      return Optional.empty();
    }
    try {
      Class<?> result =
          MethodType.fromMethodDescriptorString(
                  lambda.getInstantiatedMethodType(), function.getClass().getClassLoader())
              .returnType();
      return result == Object.class || result == void.class
          ? Optional.empty()
          : Optional.of(result);
    } catch (TypeNotPresentException | LinkageError e) {
      return Optional.empty();
    }
  }

  private static Optional<Type> ofClass(
      Class<?> type, Class<?> functionalInterface, int index, Map<TypeVariable<?>, Type> known) {
    if (!(Types.supertype(type, functionalInterface) instanceof ParameterizedType parent)) {
      return Optional.empty();
    }
    Type[] arguments = parent.getActualTypeArguments();
    TypeVariable<?>[] variables = functionalInterface.getTypeParameters();
    Map<TypeVariable<?>, Type> own = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      Type argument = known.get(variables[i]);
      if (argument != null) {
        Types.unify(arguments[i], argument, own);
      }
    }
    return certain(Types.substitute(arguments[index], own));
  }

  private static Optional<Type> certain(@Nullable Type type) {
    if (type == null || Types.hasVariables(type)) {
      return Optional.empty();
    }
    Type canonical = Types.box(Types.canonical(type));
    return canonical == Object.class || canonical == Void.class
        ? Optional.empty()
        : Optional.of(canonical);
  }

  /**
   * Asks the serialization runtime for the lambda's replacement, since it may call the private
   * method where reflection may not (a named module that is not open to us). The replacement is
   * caught before a byte of it or of anything captured is written.
   */
  private static @Nullable SerializedLambda lambdaOf(Serializable function) {
    if (!function.getClass().isSynthetic()) {
      return null;
    }
    try (ReplacementCatcher catcher = new ReplacementCatcher()) {
      catcher.writeObject(function);
      return catcher.caught;
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static final class ReplacementCatcher extends ObjectOutputStream {
    @Nullable SerializedLambda caught;

    ReplacementCatcher() throws IOException {
      super(OutputStream.nullOutputStream());
      enableReplaceObject(true);
    }

    @Override
    protected @Nullable Object replaceObject(Object object) {
      if (object instanceof SerializedLambda lambda) {
        caught = lambda;
      }
      return null;
    }
  }

  /** One lambda, as its call site describes it. */
  private static final class LambdaReader {

    private final SerializedLambda lambda;
    private final @Nullable ClassLoader loader;
    private final MethodType instantiated;

    LambdaReader(SerializedLambda lambda, @Nullable ClassLoader loader) {
      this.lambda = lambda;
      this.loader = loader;
      this.instantiated =
          MethodType.fromMethodDescriptorString(lambda.getInstantiatedMethodType(), loader);
    }

    Optional<Type> argument(
        Class<?> functionalInterface, TypeVariable<?> asked, Map<TypeVariable<?>, Type> bindings)
        throws ReflectiveOperationException {
      // An own interface may fix what is asked: interface Parser extends MapFunction<String, Row>.
      Class<?> implemented = load(lambda.getFunctionalInterfaceClass());
      if (Types.supertype(implemented, functionalInterface) instanceof ParameterizedType p) {
        TypeVariable<?>[] variables = functionalInterface.getTypeParameters();
        Type[] arguments = p.getActualTypeArguments();
        for (int i = 0; i < variables.length; i++) {
          if (!Types.hasVariables(arguments[i])) {
            bindings.putIfAbsent(variables[i], arguments[i]);
          }
        }
      }
      Type fixed = bindings.get(asked);
      if (fixed != null) {
        return certain(fixed);
      }
      Method function = functionOf(functionalInterface);
      if (function == null) {
        return Optional.empty();
      }
      Type[] formals = function.getGenericParameterTypes();
      for (int i = 0; i < formals.length; i++) {
        Types.unify(formals[i], instantiated.parameterType(i), bindings);
      }
      if (!instantiated.returnType().equals(void.class)) {
        Types.unify(function.getGenericReturnType(), result(formals, bindings), bindings);
      }
      return certain(bindings.get(asked));
    }

    /** The result's type: erased truth, refined by the referenced method's generic signature. */
    private Type result(Type[] formals, Map<TypeVariable<?>, Type> bindings)
        throws ReflectiveOperationException {
      Class<?> erased = instantiated.returnType();
      if (!Types.hasVariables(erased)) {
        return erased;
      }
      Executable referenced = referenced();
      if (referenced == null) {
        return erased;
      }
      Type[] actuals = new Type[formals.length];
      for (int i = 0; i < formals.length; i++) {
        Type actual = Types.substitute(formals[i], bindings);
        actuals[i] = Types.hasVariables(actual) ? instantiated.parameterType(i) : actual;
      }
      Type precise = returned(referenced, actuals);
      Type asErased = Types.supertype(precise, erased);
      return asErased == null ? erased : asErased;
    }

    /** The generic result of the referenced method for arguments of the given types. */
    private Type returned(Executable referenced, Type[] actuals) {
      Map<TypeVariable<?>, Type> bindings = new HashMap<>();
      int first = 0;
      boolean isMethod = referenced instanceof Method;
      if (isMethod && !Modifier.isStatic(referenced.getModifiers())) {
        Type receiver;
        if (lambda.getCapturedArgCount() == 0) {
          receiver = actuals[0];
          first = 1;
        } else {
          receiver = lambda.getCapturedArg(0).getClass();
        }
        Type declaring = Types.supertype(receiver, referenced.getDeclaringClass());
        if (declaring != null) {
          bindings.putAll(Types.arguments(declaring));
        }
      }
      Type[] parameters = referenced.getGenericParameterTypes();
      for (int i = 0; i < parameters.length && first + i < actuals.length; i++) {
        Types.unify(parameters[i], actuals[first + i], bindings);
      }
      if (referenced instanceof Method method) {
        return Types.substitute(method.getGenericReturnType(), bindings);
      }
      Class<?> made = referenced.getDeclaringClass();
      return made.getTypeParameters().length == 0
          ? made
          : Types.substitute(Types.parameterized(made, made.getTypeParameters()), bindings);
    }

    /** The method or constructor a method reference names; null for a lambda's own body. */
    private @Nullable Executable referenced() throws ReflectiveOperationException {
      Class<?> holder = load(lambda.getImplClass());
      MethodType signature =
          MethodType.fromMethodDescriptorString(lambda.getImplMethodSignature(), loader);
      if (lambda.getImplMethodKind() == MethodHandleInfo.REF_newInvokeSpecial) {
        Constructor<?> constructor = holder.getDeclaredConstructor(signature.parameterArray());
        return constructor;
      }
      Method method = find(holder, lambda.getImplMethodName(), signature);
      return method == null || method.isSynthetic() ? null : method;
    }

    private static @Nullable Method find(Class<?> type, String name, MethodType signature) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals(name)
            && method.getReturnType() == signature.returnType()
            && Arrays.equals(method.getParameterTypes(), signature.parameterArray())) {
          return method;
        }
      }
      Method found = null;
      if (type.getSuperclass() != null) {
        found = find(type.getSuperclass(), name, signature);
      }
      for (Class<?> parent : type.getInterfaces()) {
        if (found == null) {
          found = find(parent, name, signature);
        }
      }
      return found;
    }

    /** The interface's single abstract method. */
    private @Nullable Method functionOf(Class<?> functionalInterface) {
      for (Method method : functionalInterface.getMethods()) {
        if (Modifier.isAbstract(method.getModifiers())
            && method.getName().equals(lambda.getFunctionalInterfaceMethodName())
            && method.getParameterCount() == instantiated.parameterCount()) {
          return method;
        }
      }
      return null;
    }

    private Class<?> load(String slashed) throws ClassNotFoundException {
      return Class.forName(slashed.replace('/', '.'), false, loader);
    }
  }
}
