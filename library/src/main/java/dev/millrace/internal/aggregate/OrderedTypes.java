package dev.millrace.internal.aggregate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Set;
import java.util.UUID;

/**
 * The classes whose values have ordered bytes. Classes with a handful of values, such as enums, are
 * not among them: such values are as well off in one row.
 */
public final class OrderedTypes {

  /** All of them. */
  public static final Set<Class<?>> ALL =
      Set.of(
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          BigInteger.class,
          BigDecimal.class,
          String.class,
          UUID.class,
          Instant.class,
          LocalDate.class,
          LocalDateTime.class);

  private OrderedTypes() {}
}
