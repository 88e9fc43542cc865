/**
 * Generic types at run time: substitution, supertypes, and what a lambda's or method reference's
 * own signature reveals about its result.
 */
@NullMarked
package dev.millrace.internal.type;

import org.jspecify.annotations.NullMarked;
